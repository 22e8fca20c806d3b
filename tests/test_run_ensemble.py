"""An ensemble as a user types it: trained with its members, scored, searched, put to teach."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from shopclip.dualencoder import Ensemble, load_model
from tests.project import copy_project, kedro

pytestmark = pytest.mark.slow
BOTH = "pairs.both.ensemble.gpt_vit=1,pairs.both.ensemble.bert_resnet=2"
TEST = ("run", "--env", "test")


def search(project, *arguments):
    command = [sys.executable, "-m", "shopclip.search", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    project = copy_project(tmp_path_factory.mktemp("ensemble") / "project")
    return project, kedro(project, *TEST, "--params", f"{BOTH},training.seeds=2")


def test_it_stands_on_the_leaderboard_with_as_many_runs_as_its_members(finished):
    project, _ = finished
    table = pd.read_csv(project / "data/08_reporting/leaderboard.csv")
    assert set(table["pair"]) == {"bert_resnet", "bert_vit", "gpt_vit", "both"}
    repeat = load_model(project / "data/06_models/both_seed1")
    assert isinstance(repeat, Ensemble)
    assert list(repeat.members) == ["gpt_vit_seed1", "bert_resnet_seed1"]
    assert repeat.weights == {"gpt_vit_seed1": 1 / 3, "bert_resnet_seed1": 2 / 3}


def test_report_and_card_say_what_it_is_made_of(finished):
    project, _ = finished
    report = (project / "data/08_reporting/report.html").read_text()
    assert "gpt_vit and bert_resnet" in report
    assert "those of its members" in report
    card = (project / "data/06_models/both/README.md").read_text()
    assert "an ensemble of `gpt_vit` (33.3 %) and `bert_resnet` (66.7 %)" in card
    assert "not trained" not in card
    assert "## Recipe" not in card


def test_it_has_seen_what_its_members_have(finished):
    models = finished[0] / "data/06_models"
    seen = [
        pd.read_parquet(models / f"trained_captions_{name}.parquet")["caption_hash"].tolist()
        for name in ("both", "gpt_vit")
    ]
    assert seen[0] == seen[1]
    assert seen[0]


def test_it_is_searched(finished):
    done = search(finished[0], "red shirt", "--pair", "both", "-k", "3", "--json")
    found = json.loads(done.stdout)
    assert (found["pair"], len(found["hits"])) == ("both", 3)


def test_no_graph_is_made_of_it_and_the_error_says_what_to_export(finished, tmp_path):
    done = search(finished[0], "export", "--pair", "both", "--to", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "--pair gpt_vit" in done.stderr
    assert not (tmp_path / "out").exists()


def test_its_members_are_not_trained_again_for_it(finished):
    project, _ = finished
    done = kedro(
        *(project, *TEST, "--pipelines", "training,embedding", "--namespaces", "both"),
        *("--params", f"{BOTH},training.seeds=2"),
    )
    assert "combine" in done.stdout + done.stderr
    assert ".train:" not in done.stdout + done.stderr


def test_a_pair_learns_from_it(tmp_path):
    project = copy_project(tmp_path / "project")
    taught = "pairs.both.ensemble.gpt_vit=1,pairs.both.ensemble.bert_resnet=1"
    taught += ",pairs.bert_vit.recipe.teacher=both"
    kedro(project, *TEST, "--pipelines", "ingestion,preprocessing,training", "--params", taught)
    assert (project / "data/06_models/bert_vit/model.safetensors").is_file()


def test_it_cannot_be_tuned(finished):
    named = f"{BOTH},tuning.pairs=[both]"
    done = kedro(finished[0], *TEST, "--pipelines", "tuning", "--params", named, check=False)
    assert done.returncode == 1
    assert "both is an ensemble" in done.stderr
