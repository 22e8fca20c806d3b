"""Whether what lies in a project is what it says, by computing it again without any record."""

import json

import numpy as np
import pandas as pd

from shopclip.dualencoder import DualEncoder
from shopclip.errors import ShopclipError
from shopclip.files.image_store import ImageStore
from shopclip.files.shards import read_shards
from shopclip.provenance import Records, require
from shopclip.search import SearchEngine
from tests.consistency.world import PAIR, picture_colour

MODEL, OUTPUT = f"data/06_models/{PAIR}", f"data/07_model_output/{PAIR}"


def check(project):
    """Everything that would be accepted is right; what was accepted."""
    accepted = []
    artefacts = {
        "examples": ("data/05_model_input/examples.parquet", _examples),
        "embeddings": (f"{OUTPUT}/image_embeddings", _embeddings),
        "ranks": (f"{OUTPUT}/ranks.parquet", _ranks),
        "leaderboard": ("data/08_reporting/leaderboard.csv", _leaderboard),
        "card": (f"{MODEL}/README.md", _card),
    }
    for name, (path, right) in artefacts.items():
        if (project / path).exists() and _is_accepted(project, path) and _has_all(project):
            right(project)
            accepted.append(name)
    try:
        engine = SearchEngine.open(project)
    except ShopclipError:
        return accepted
    _search(project, engine)
    return [*accepted, "search"]


def _has_all(project):
    """Whether nothing was removed that is needed here to compute everything again."""
    files = (
        "02_intermediate/products.parquet",
        "05_model_input/examples.parquet",
        "05_model_input/image_store/images.npy",
        "05_model_input/image_store/image_store.json",
        "05_model_input/image_store/ids.parquet",
        "05_model_input/image_store/rejections.parquet",
        f"06_models/{PAIR}/dual_encoder.json",
    )
    return all((project / "data" / file).exists() for file in files)


def _is_accepted(project, path):
    try:
        require(Records(project / "data" / ".provenance"), [project / path])
    except ShopclipError:
        return False
    return True


def _loaded(project):
    examples = pd.read_parquet(project / "data/05_model_input/examples.parquet")
    store = ImageStore.load(project / "data/05_model_input/image_store")
    return examples, store


def _examples(project):
    """Each has its own picture, and the caption that its product has."""
    examples, store = _loaded(project)
    for id_, row in zip(examples["id"], examples["row"], strict=True):
        assert picture_colour(store.images[row]) == id_
    products = pd.read_parquet(project / "data/02_intermediate/products.parquet")
    captions = products.set_index("id")["caption"]
    assert examples["caption"].tolist() == captions[examples["id"]].tolist()
    assert len(examples) == len(products)


def _embeddings(project):
    """They are what the model says of the pictures."""
    examples, store = _loaded(project)
    expected = DualEncoder.load(project / MODEL).embed_images(
        store.images, examples["row"].to_numpy()
    )
    found = np.asarray(read_shards(project / OUTPUT / "image_embeddings"))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def _accuracy(project):
    """Of all products among all, each caption alone, text → image, by the model as it is."""
    examples, store = _loaded(project)
    model = DualEncoder.load(project / MODEL)
    images = model.embed_images(store.images, examples["row"].to_numpy())
    texts = model.embed_captions(examples["caption"].tolist())
    similarities = texts @ images.T
    own = np.diag(similarities)
    return np.mean(
        [(row > one + 1e-6).sum() == 0 for row, one in zip(similarities, own, strict=True)]
    )


def _ranks(project):
    ranks = pd.read_parquet(project / OUTPUT / "ranks.parquet")
    found = ranks[(ranks["protocol"] == "paper") & (ranks["direction"] == "text_to_image")]
    assert set(found["id"]) == set(_loaded(project)[0]["id"])
    assert abs(np.mean(found["better"] == 0) - _accuracy(project)) < 1e-9


def _leaderboard(project):
    board = pd.read_csv(project / "data/08_reporting/leaderboard.csv")
    row = board[(board["protocol"] == "paper") & (board["direction"] == "text_to_image")]
    assert row["gallery"].item() == len(_loaded(project)[0])


def _card(project):
    """It tells of the products and the seed that the model was trained with."""
    card = (project / MODEL / "README.md").read_text("utf-8")
    (file,) = (project / "data/.provenance").glob(f"{PAIR}.training.train.*.json")
    seed = json.loads(file.read_text())["parameters"]["training"]["seed"]
    assert f"| seed | {seed} |" in card or f"seed: {seed}" in card, card


def _search(project, engine):
    """Every product finds itself by its own picture, which is its own."""
    for product in engine.index.products.products(range(len(engine.index.products))):
        pixels = engine.picture(product.id)
        assert picture_colour(pixels) == product.id
        hits = engine.search(image=pixels, k=3)
        assert max(hit.similarity for hit in hits) > 1 - 1e-4
        own = engine.index.images.vectors(np.array([engine.index.products.number(product.id)]))[0]
        np.testing.assert_allclose(engine.towers.embed_images(pixels[None])[0], own, atol=1e-4)
        caption = engine.towers.embed_captions([product.caption])
        assert caption.shape == own[None].shape
