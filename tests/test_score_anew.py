"""Pairs that are trained already, held to a public benchmark and to a catalogue they never saw."""

import hashlib
import json
import shutil

import pandas as pd
import pytest

from tests.conftest import row, write_kaggle
from tests.parameters.test_configuration import PAIRS
from tests.project import copy_project, kedro

pytestmark = pytest.mark.slow

SCORE = ("run", "--env", "test", "--pipelines")
# As docs/how-to/score-another-catalogue.md has it.
STAGES = "ingestion,preprocessing,embedding,evaluation,reporting"
HELD_OUT = "splits.held_out=1.0,splits.validation=0"


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    """A project in which the pairs are trained on the sample, and nothing is scored."""
    project = copy_project(tmp_path_factory.mktemp("again") / "project")
    kedro(project, *SCORE, "ingestion,preprocessing,training", "--params", "splits.held_out=0.3")
    return project


@pytest.fixture
def trained(trained_once, tmp_path):
    """A copy of it, for one test."""
    return shutil.copytree(trained_once, tmp_path / "project")


def checkpoints(project):
    """Every file that training left, by its digest."""
    files = sorted((project / "data/06_models").rglob("*"))
    return {
        str(file.relative_to(project)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if file.is_file() and file.name != "README.md"  # a model card is the report's
    }


def read(project, pair, table):
    return pd.read_parquet(project / "data/07_model_output" / pair / f"{table}.parquet")


def seen(project):
    files = [project / "data/07_model_output" / pair / "diagnostics.json" for pair in PAIRS]
    return {json.loads(file.read_text())["held_out_seen"] for file in files}


def test_the_public_benchmark_is_scored_marked_reported_and_tracked(trained):
    from mlflow import MlflowClient

    examples = pd.read_parquet(trained / "data/05_model_input/examples.parquet")
    by_caption = examples.groupby("caption")["id"].apply(list)
    truth = {caption: dict.fromkeys(ids, 1) for caption, ids in by_caption.items()}
    (trained / "truth.json").write_text(json.dumps(truth))
    stages, asked = "embedding,evaluation,reporting", "evaluation.benchmark=truth.json"
    kedro(trained, *SCORE, stages, "--params", asked)
    for pair in PAIRS:
        table = read(trained, pair, "benchmark").set_index(["gallery_name", "task"])
        assert len(table) == 7 * 2
        everything = table.loc[("all products", "text-image")]
        assert everything["queries"] == examples["caption_id"].nunique()
        in_training = examples.loc[examples["split"] != "held_out", "caption_id"].nunique()
        assert everything["queries_seen"] == in_training
        assert everything["contaminated"]
        assert not table.loc["held out alone", "contaminated"].any()
    report = (trained / "data/08_reporting/report.html").read_text()
    assert 'id="benchmark"' in report
    assert report.count(">contaminated</mark>") == len(PAIRS) * 7
    assert report.count('<table class="confusion">') == 1
    client = MlflowClient(f"sqlite:///{trained}/mlflow.db")
    experiment = client.get_experiment_by_name("shopclip").experiment_id
    runs = client.search_runs([experiment], "tags.pair = 'bert_vit'")
    tracked = next(run.data.metrics for run in runs if "held_out_seen" in run.data.metrics)
    expected = read(trained, "bert_vit", "benchmark").iloc[0]["mrr_at_10"]
    assert tracked["benchmark.text-image.all_products.mrr_at_10"] == expected
    accuracy = read(trained, "bert_vit", "zero_shot").set_index("attribute").loc["gender"]
    assert tracked["zero_shot.gender.accuracy"] == accuracy["accuracy"]

    refused = f"{asked},evaluation.contamination=refuse"
    done = kedro(trained, *SCORE, "evaluation", "--params", refused, check=False)
    assert done.returncode != 0
    message = done.stderr.strip().splitlines()[-1]
    assert f"was trained with {in_training} of the {everything['queries']} queries" in message
    assert "splits.benchmark" in message


def test_other_templates_than_were_embedded_are_one_clear_line(trained):
    kedro(trained, *SCORE, "embedding")
    project = trained / "conf/test/parameters_evaluation.yml"
    before = project.read_text()
    project.write_text(before.replace("gender:", "season:"))
    done = kedro(trained, *SCORE, "evaluation", check=False)
    project.write_text(before)
    assert done.returncode != 0
    message = done.stderr.strip().splitlines()[-1]
    assert "zero-shot season" in message
    assert "kedro run --pipelines embedding,evaluation,reporting" in message


def test_a_catalogue_the_pairs_never_saw_is_scored_and_the_checkpoints_stay(trained, tmp_path):
    before = checkpoints(trained)
    rows = [row(i, f"Arden Kurta {i % 25}", gender="" if i % 4 else "Women") for i in range(40)]
    shop = write_kaggle(tmp_path / "shop", rows)
    other = f"catalogue.path={shop},catalogue.limit=null,{HELD_OUT}"
    kedro(trained, *SCORE, STAGES, "--params", other)
    assert checkpoints(trained) == before
    table = pd.read_csv(trained / "data/08_reporting/leaderboard.csv")
    assert set(table["pair"]) == set(PAIRS)
    assert table["queries"].eq(40).all()
    assert seen(trained) == {0.0}
    gender = read(trained, "gpt_vit", "zero_shot").set_index("attribute").loc["gender"]
    assert (gender["products"], gender["left_out"]) == (10, 30)
    report = (trained / "data/08_reporting/report.html").read_text()
    assert "the pairs were trained before" in report


def test_a_catalogue_that_the_pairs_know_is_told_by_what_they_saw(trained):
    before = checkpoints(trained)
    examples = pd.read_parquet(trained / "data/05_model_input/examples.parquet")
    known = (examples["split"] != "held_out").mean()
    kedro(trained, *SCORE, STAGES, "--params", HELD_OUT)
    assert checkpoints(trained) == before
    assert seen(trained) == {float(known)}
    assert 0.4 < known < 0.95
