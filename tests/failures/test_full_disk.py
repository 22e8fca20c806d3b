"""Everything that is written, while the disk has room for less than all of it."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from shopclip.datasets import CSVDataset, JSONDataset, NumpyDataset, ParquetDataset, TextDataset
from shopclip.datasets.figure_dataset import FigureDataset
from shopclip.dualencoder import checkpoints, features
from shopclip.dualencoder.checkpoints import Checkpoint
from shopclip.dualencoder.devices import Precision
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.recipe import Recipe
from shopclip.files.image_store import ImageStream, write_image_store
from shopclip.files.storage import StorageError
from shopclip.search.index.build import build as build_index
from shopclip.search.index.protocol import IndexSettings
from tests.conftest import noise
from tests.dualencoder.conftest import BERT, RESNET, build
from tests.failures.limits import at_most
from tests.search.shop import example_table

ROOM = 8192  # bytes; less than any of the writers below needs
TABLE = pd.DataFrame({"number": np.random.default_rng(0).random(20_000)})


def figure():
    drawn = plt.figure()
    drawn.add_subplot().imshow(np.random.default_rng(0).random((200, 200)))
    return drawn


DATASETS = {
    "table.parquet": (ParquetDataset, lambda: TABLE),
    "table.csv": (CSVDataset, lambda: TABLE),
    "facts.json": (JSONDataset, lambda: list(range(10_000))),
    "report.html": (TextDataset, lambda: "word " * 10_000),
    "figure.png": (FigureDataset, figure),
    "array.npy": (NumpyDataset, lambda: np.zeros(10_000)),
}


def files(folder):
    return {
        file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }


def refused(folder, write):
    """The message; what was in the folder before, and nothing else, is there afterwards."""
    before = files(folder)
    with at_most(ROOM), pytest.raises(Exception, match="cannot be written") as caught:
        write()
    error = caught.value
    told = error if isinstance(error, StorageError) else error.__cause__  # Kedro wraps it
    assert isinstance(told, StorageError)
    assert files(folder) == before
    assert "Make room there and give the same command again" in str(told)
    assert "\n" not in str(told)
    return str(told)


@pytest.mark.parametrize("old", [True, False], ids=["over-an-older-one", "the-first"])
@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_leaves_the_file_that_was_there(tmp_path, name, old):
    kind, make = DATASETS[name]
    dataset = kind(filepath=str(tmp_path / name))
    if old:
        dataset.save(make())
    assert str(tmp_path / name) in refused(tmp_path, lambda: dataset.save(make()))
    assert (tmp_path / name).exists() == old


def test_a_dual_encoder_leaves_the_one_that_was_there(model, tmp_path):
    model.save(tmp_path / "model")
    assert str(tmp_path / "model") in refused(tmp_path, lambda: model.save(tmp_path / "model"))


def test_an_image_store_leaves_the_one_that_was_there(tmp_path):
    def write():
        images = ((str(n), image) for n, image in enumerate(noise(40, 20, 20)))
        write_image_store(tmp_path / "store", ImageStream((20, 20), images))

    write()
    assert str(tmp_path / "store") in refused(tmp_path, write)


def test_a_training_state_leaves_the_one_before(examples, tmp_path):
    learner = Learner(build(BERT, RESNET), examples, Recipe(batch_size=16))
    checkpoints.write_checkpoint(tmp_path / "a.safetensors", "one", Checkpoint(), learner)
    told = refused(
        tmp_path,
        lambda: checkpoints.write_checkpoint(
            tmp_path / "b.safetensors", "one", Checkpoint(), learner
        ),
    )
    assert str(tmp_path / "b.safetensors") in told


def test_the_features_of_a_frozen_encoder_are_not_kept_in_part(examples, tmp_path, monkeypatch):
    monkeypatch.setattr(features, "BATCH", 16)
    tower, precision = build(BERT, RESNET).image.eval(), Precision("fp32", torch.device("cpu"))
    monkeypatch.setitem(globals(), "ROOM", 1024)
    refused(tmp_path, lambda: features.image_features(tower, examples, precision, tmp_path))


@pytest.mark.parametrize("kind", ["exact", "approximate"])
def test_an_index_leaves_the_one_that_was_there(tmp_path, kind):
    examples = example_table()
    vectors = np.random.default_rng(0).normal(size=(len(examples), 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    def write():
        build_index(
            tmp_path / "index",
            pair="tiny",
            examples=examples,
            image_embeddings=vectors,
            text_embeddings=vectors,
            pictures={"fingerprint": "f", "size": (8, 8)},
            settings=IndexSettings(kind=kind, min_recall=0),
        )

    write()
    assert str(tmp_path / "index") in refused(tmp_path, write)
