"""A catalog that keeps versions, and puts things elsewhere than the base configuration does."""

import json

import pytest
import yaml

from shopclip.search import SearchEngine
from tests.project import copy_project, kedro

pytestmark = pytest.mark.slow

ELSEWHERE = {
    "{pair}.index": {
        "type": "shopclip.datasets.index_dataset.IndexDataset",
        "filepath": "elsewhere/indexes/{pair}",
        "versioned": True,
    },
    "{pair}.dual_encoder": {
        "type": "shopclip.datasets.DualEncoderDataset",
        "filepath": "elsewhere/models/{pair}",
        "versioned": True,
    },
    "{pair}.image_embeddings": {
        "type": "shopclip.datasets.ShardsDataset",
        "filepath": "data/07_model_output/{pair}/image_embeddings",
        "versioned": True,
    },
    "image_store": {"type": "shopclip.datasets.ImageStoreDataset", "filepath": "elsewhere/images"},
    "leaderboard": {
        "type": "shopclip.datasets.CSVDataset",
        "filepath": "elsewhere/leaderboard.csv",
        "versioned": True,
        "load_args": {"float_precision": "round_trip"},
        "save_args": {"index": False},
    },
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """In which everything has run, and then training and all after it once more."""
    project = copy_project(tmp_path_factory.mktemp("elsewhere") / "project")
    (project / "conf/test/catalog.yml").write_text(yaml.safe_dump(ELSEWHERE))
    kedro(project, "run", "--env", "test")
    stages = "training,embedding,evaluation,indexing,reporting"
    again = ("--pipelines", stages, "--params", "training.seed=7")
    kedro(project, "run", "--env", "test", *again)
    return project


def versions(place):
    return sorted(one.name for one in place.iterdir() if one.is_dir())


def test_a_search_finds_its_index_wherever_the_catalog_puts_it(project):
    engine = SearchEngine.open(project, pair="bert_vit")
    assert len(engine.search("red shirt", k=3)) == 3
    assert engine.picture(engine.search("red shirt", k=1)[0].product.id) is not None
    first = SearchEngine.open(project)  # the pair that the leaderboard, elsewhere too, puts first
    assert first.search("red shirt", k=1)


def test_a_project_that_is_moved_is_searched_all_the_same(project, tmp_path):
    project.rename(tmp_path / "moved")
    try:
        assert SearchEngine.open(tmp_path / "moved", pair="bert_vit").search("red shirt", k=1)
    finally:
        (tmp_path / "moved").rename(project)


def test_last_weeks_model_is_still_there(project):
    for kind in ("models", "indexes"):
        old, new = versions(project / "elsewhere" / kind / "bert_vit")
        assert old < new
    old, new = versions(project / "elsewhere/leaderboard.csv")
    manifest = json.loads((project / "data/.search/pairs/bert_vit.json").read_text())
    newest = versions(project / "elsewhere/models/bert_vit")[-1]
    assert manifest["dual_encoder"] == f"../elsewhere/models/bert_vit/{newest}/bert_vit"


def test_last_weeks_model_can_be_embedded_with_again(project):
    old = versions(project / "elsewhere/models/bert_vit")[0]
    again = ("--pipelines", "embedding,indexing", "--namespaces", "bert_vit")
    chosen = ("--load-versions", f"bert_vit.dual_encoder:{old}")
    kedro(project, "run", "--env", "test", *again, *chosen)
    manifest = json.loads((project / "data/.search/pairs/bert_vit.json").read_text())
    assert manifest["dual_encoder"] == f"../elsewhere/models/bert_vit/{old}/bert_vit"
    assert SearchEngine.open(project, pair="bert_vit").search("red shirt", k=1)
