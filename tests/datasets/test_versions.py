"""`versioned: true` in the catalog, as Kedro's users reach for it."""

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, DatasetError

from shopclip.dualencoder import DualEncoder
from shopclip.search.index.opened import SearchIndex
from shopclip.search.index.protocol import IndexSettings
from shopclip.tables.results import Results
from tests.dualencoder.conftest import BERT, RESNET, differing, weights
from tests.dualencoder.conftest import build as build_towers
from tests.search.shop import example_table

OLD, NEW = "2026-01-01T00.00.00.000Z", "2026-01-08T00.00.00.000Z"


def tables(value):
    return pd.DataFrame({"pair": ["a"], "mrr_at_10": [value]})


def towers(seed):
    return build_towers(BERT, RESNET, seed=seed)


def vectors(seed):
    drawn = np.random.default_rng(seed).normal(size=(240, 16)).astype("float32")
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def source(seed):
    from shopclip.datasets.index_dataset import IndexSource

    return IndexSource(
        pair="a",
        examples=example_table(),
        image_embeddings=vectors(seed),
        text_embeddings=vectors(seed + 1),
        pictures={"fingerprint": "f", "size": (40, 30)},
        settings=IndexSettings(),
    )


def same_weights(loaded, saved):
    assert isinstance(loaded, DualEncoder)
    assert not differing(weights(loaded), weights(saved))


def same_vectors(loaded, saved):
    assert isinstance(loaded, SearchIndex)
    np.testing.assert_array_equal(loaded.images.vectors(np.arange(5)), saved.image_embeddings[:5])


def same_results(loaded, saved):
    pd.testing.assert_frame_equal(loaded["metrics"], saved["metrics"])


KINDS = {
    "DualEncoderDataset": ("model", towers, same_weights),
    "ShardsDataset": ("embeddings", vectors, np.testing.assert_array_equal),
    "NumpyDataset": ("embeddings.npy", vectors, np.testing.assert_array_equal),
    "index_dataset.IndexDataset": ("index", source, same_vectors),
    "ResultsDataset": ("results", lambda n: Results("a", {"metrics": tables(n)}), same_results),
    "ParquetDataset": ("table.parquet", tables, pd.testing.assert_frame_equal),
    "CSVDataset": ("leaderboard.csv", tables, pd.testing.assert_frame_equal),
}


@pytest.fixture(params=KINDS)
def kept(request, tmp_path):
    """A versioned dataset of each kind; what to save in it, and how to compare."""
    name, make, same = KINDS[request.param]
    config = {
        "type": f"shopclip.datasets.{request.param}",
        "filepath": str(tmp_path / name),
        "versioned": True,
        **({"save_args": {"index": False}} if request.param == "CSVDataset" else {}),
    }

    def catalog(save, load=None):
        loaded = {"kept": load} if load else {}
        return DataCatalog.from_config({"kept": config}, save_version=save, load_versions=loaded)

    return tmp_path / name, catalog, make, same


def test_last_weeks_version_is_kept_and_can_be_loaded(kept):
    place, catalog, make, same = kept
    assert not catalog(OLD).exists("kept")
    old, new = make(1), make(2)
    catalog(OLD).save("kept", old)
    catalog(NEW).save("kept", new)
    assert {one.name for one in place.iterdir()} == {OLD, NEW}
    same(catalog(NEW).load("kept"), new)
    same(catalog(NEW, load=OLD).load("kept"), old)
    assert catalog(NEW).exists("kept")


def test_a_version_is_never_replaced(kept):
    _, catalog, make, same = kept
    old = make(1)
    catalog(OLD).save("kept", old)
    with pytest.raises(DatasetError, match="must not exist if versioning is enabled"):
        catalog(OLD).save("kept", make(2))
    same(catalog(OLD, load=OLD).load("kept"), old)
