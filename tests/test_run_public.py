"""`kedro run --env public` offline, on folders that look as those of the hub do."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from transformers import AutoModel, AutoTokenizer

from tests.dualencoder import public_folders
from tests.dualencoder.test_open_clip_models import write_open_clip
from tests.project import copy_project, kedro

pytestmark = pytest.mark.slow
FINE_TUNED = "siglip2_b16"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("hub")
    return {
        "clip_b32": public_folders.clip(root / "clip"),
        "fashion_clip": public_folders.metaclip_2(root / "metaclip"),
        "fashion_siglip": write_open_clip(root / "open_clip", "siglip"),
        FINE_TUNED: public_folders.siglip(root / "siglip"),
    }


@pytest.fixture(scope="module")
def finished(folders, tmp_path_factory):
    """A run in which one of the public models is fine-tuned."""
    project = copy_project(tmp_path_factory.mktemp("public") / "project")
    names = [f"pairs.{pair}.name={folder}" for pair, folder in folders.items()]
    few = ["catalogue.limit=120", "training.recipe.epochs=1", f"pairs.{FINE_TUNED}.recipe.epochs=1"]
    done = kedro(project, "run", "--env", "public", "--params", ",".join([*names, *few]))
    return project, done


def table(project, name):
    return pd.read_csv(project / f"data/08_reporting/{name}.csv", float_precision="round_trip")


def test_public_and_trained_pairs_stand_on_one_leaderboard(finished, folders):
    project, done = finished
    expected = {*folders, f"{FINE_TUNED}_as_it_is", "bert_resnet", "bert_vit"}
    assert set(table(project, "leaderboard")["pair"]) == expected
    assert all(pair in done.stdout for pair in expected)


def test_a_fine_tuned_model_is_tested_against_itself_as_it_is(finished):
    compared = table(finished[0], "comparisons")
    both = {FINE_TUNED, f"{FINE_TUNED}_as_it_is"}
    rows = [set(row) & both for row in compared[["pair", "other"]].to_numpy().tolist()]
    assert both in rows


def test_as_it_is_the_embeddings_are_the_librarys(finished, folders):
    project = finished[0]
    examples = pd.read_parquet(project / "data/05_model_input/examples.parquet")
    folder = folders["clip_b32"]
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    inputs = tokenizer(
        examples["caption"].tolist(), padding=True, truncation=True, return_tensors="pt"
    )
    with torch.no_grad():
        features = model.eval().get_text_features(**inputs)
    expected = F.normalize(getattr(features, "pooler_output", features), dim=-1).numpy()
    shards = sorted((project / "data/07_model_output/clip_b32/text_embeddings").glob("*.npy"))
    np.testing.assert_allclose(np.concatenate([*map(np.load, shards)]), expected, atol=1e-5)


def test_the_report_says_what_each_tower_sees(finished):
    report = (finished[0] / "data/08_reporting/report.html").read_text()
    assert "sees: 32 × 32, mean .48 .46 .41, std .27 .26 .28" in report
    assert "as it is" in report
    towers = json.loads((finished[0] / "data/07_model_output/clip_b32/towers.json").read_text())
    assert towers["text"]["pooling"] == "pooler"


def test_it_is_searched(finished):
    found = search(finished[0], "red shirt", "--pair", "clip_b32", "--json")
    assert len(json.loads(found)) > 0


def search(project, *arguments):
    import subprocess
    import sys

    command = [sys.executable, "-m", "shopclip.search", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("pairs.clip_b32.name=/no/such/folder", "clip_b32"),
        ("pairs.clip_b32.text.name=bert-base-uncased", "clip_b32"),
        ("pairs.clip_b32.revison=main", "did you mean revision"),
    ],
)
def test_a_wrong_name_is_one_line_before_anything_runs(wrong, expected, tmp_path):
    project = copy_project(tmp_path / "project")
    done = kedro(project, "run", "--env", "public", "--params", wrong, check=False)
    assert done.returncode == 1
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((project / "data").glob("0[3-8]*/*"))
