"""The stage that builds what a search opens."""

import json

import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError

from shopclip.datasets.index_dataset import IndexDataset
from shopclip.dualencoder import DualEncoder
from shopclip.files.image_store import ImageStore
from shopclip.files.shards import read_shards
from shopclip.parameters import IndexParameters, Pair
from shopclip.pipelines.indexing.pipeline import build_index
from shopclip.search import SearchEngine
from tests.project import copy_project, kedro
from tests.search.shop import example_table, lay_out

PAIR = Pair(text={"name": "a"}, image={"name": "b"}, label="tiny")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    project = tmp_path_factory.mktemp("indexing")
    model = lay_out(project)
    examples = example_table()
    store = ImageStore.load(project / "data/05_model_input/image_store")
    images = model.embed_images(store.images, examples["row"].to_numpy())
    return images, model.embed_captions(list(examples["caption"])), examples, store


def save(inputs, folder, **settings):
    """What a run does: the node's output goes to the dataset of a pair."""
    dataset = IndexDataset(filepath=str(folder))
    dataset.save(build_index(*inputs, PAIR, IndexParameters(**settings)))
    return dataset


def test_what_the_node_returns_is_built_when_it_is_saved_and_a_search_opens_it(inputs, tmp_path):
    dataset = save(inputs, tmp_path / "index")
    facts = dataset.load().facts
    assert facts == json.loads((tmp_path / "index" / "index.json").read_text())
    assert (facts["pair"], facts["kind"]) == ("tiny", "exact")
    assert facts["products"] == 240
    assert facts["captions"] == inputs[2]["caption_id"].nunique()
    assert facts["recall"]["images"] == {"k": 10, "queries": facts["captions"], "recall": 1.0}


def test_the_kind_is_one_word(inputs, tmp_path):
    assert (
        save(inputs, tmp_path / "index", kind="approximate").load().facts["kind"] == "approximate"
    )
    with pytest.raises(ValueError, match="kind"):
        IndexParameters(kind="other")


def test_embeddings_of_other_examples_are_refused(inputs, tmp_path):
    images, texts, examples, store = inputs
    with pytest.raises(DatasetError, match="239 image and 240 text embeddings"):
        save((images[1:], texts, examples, store), tmp_path / "index")
    with pytest.raises(DatasetError, match="one at least"):
        save((images[:0], texts[:0], examples.iloc[:0], store), tmp_path / "index")


@pytest.mark.slow
def test_kedro_run_leaves_pairs_that_can_be_searched_with(tmp_path):
    project = copy_project(tmp_path / "project")
    kedro(project, "run", "--env", "test")
    examples = pd.read_parquet(project / "data/05_model_input/examples.parquet")
    for pair in ("bert_resnet", "bert_vit", "gpt_vit"):
        engine = SearchEngine.open(project, pair=pair)
        vectors = read_shards(project / f"data/07_model_output/{pair}/image_embeddings")
        query = DualEncoder.load(project / f"data/06_models/{pair}").embed_captions(["red shirt"])
        best = np.sort((vectors @ query.T).ravel())[::-1][:10]
        hits = engine.search("red shirt")
        np.testing.assert_allclose([hit.similarity for hit in hits], best, atol=2e-6)
        captions = examples.set_index("id")["caption"]
        assert all(captions[hit.product.id] == hit.product.caption for hit in hits)
    word = ("--params", "index.kind=approximate")
    kedro(project, "run", "--env", "test", "--pipelines", "indexing", *word)
    facts = json.loads((project / "data/07_model_output/gpt_vit/index/index.json").read_text())
    assert facts["kind"] == "approximate"
    assert len(SearchEngine.open(project, pair="gpt_vit").search("red shirt")) == 10
