"""MTEB scores a saved pair by one line, as our own metrics do."""

import mteb
import numpy as np
import pytest
from mteb.models import SentenceTransformerEncoderWrapper
from PIL import Image
from sentence_transformers import SentenceTransformer

from datasets import Dataset
from shopclip.metrics.ranks import rank
from tests.dualencoder.conftest import BERT, RESNET, build

pytestmark = pytest.mark.slow


@pytest.fixture
def products():
    """Twenty pictures, and a caption of each."""
    images = np.random.default_rng(0).integers(0, 256, (20, 40, 30, 3), dtype=np.uint8)
    return images, [f"{['red', 'blue', 'green', 'grey'][n % 4]} shirt {n}" for n in range(20)]


def fashion200k(products):
    """The task with products in the layout of its data: captions find pictures."""
    images, captions = products
    task = mteb.get_task("Fashion200kT2IRetrieval")
    names = [str(number) for number in range(len(captions))]
    corpus = {
        "id": [f"p{name}" for name in names],
        "modality": ["image"] * len(names),
        "image": [Image.fromarray(image) for image in images],
    }
    queries = {"id": [f"q{name}" for name in names], "modality": ["text"] * len(names)}
    split = {
        "corpus": Dataset.from_dict(corpus),
        "queries": Dataset.from_dict({**queries, "text": captions}),
        "relevant_docs": {f"q{name}": {f"p{name}": 1} for name in names},
        "top_ranked": None,
    }
    task.dataset, task.data_loaded = {"default": {"test": split}}, True
    return task


def test_it_scores_fashion200k_as_our_metrics_do(products, tmp_path):
    model = build(BERT, RESNET)
    model.save(tmp_path / "model")
    loaded = SentenceTransformer(str(tmp_path / "model"), trust_remote_code=True, device="cpu")
    encoder = SentenceTransformerEncoderWrapper(loaded)
    encoder.mteb_model_meta.modalities = ["text", "image"]  # it does not ask a local folder
    result = mteb.evaluate(encoder, fashion200k(products), cache=None)
    (scores,) = result.task_results[0].scores["test"]
    images, captions = products
    ranks = rank(model.embed_captions(captions), model.embed_images(images))
    for k in (1, 3, 5, 10):
        assert scores[f"recall_at_{k}"] == pytest.approx(ranks.hits(k).mean(), abs=1e-5)
