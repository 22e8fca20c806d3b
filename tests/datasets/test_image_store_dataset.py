import logging
import os

import numpy as np
import pytest

from shopclip.catalogue import open_catalogue
from shopclip.datasets import ImageStoreDataset
from shopclip.files.image_store import ImageStream
from shopclip.parameters import CatalogueParameters, EngineParameters, ImageParameters, Size
from shopclip.pipelines.ingestion.nodes import check_products
from shopclip.pipelines.preprocessing.nodes import decode_images
from tests.conftest import jpeg, noise

PIXELS = noise(3, 8, 6)


class Counted:
    """A stream's images, and how many were asked for."""

    def __init__(self):
        self.read = 0

    def __iter__(self):
        for number, image in enumerate(PIXELS):
            self.read += 1
            yield str(number), image


@pytest.fixture
def dataset(tmp_path):
    return ImageStoreDataset(filepath=str(tmp_path / "store"))


def save(dataset, source):
    images = Counted()
    dataset.save(ImageStream((8, 6), images, source))
    assert np.array_equal(dataset.load().images, PIXELS)
    return images.read


def test_a_stream_of_the_same_source_is_not_begun_and_says_so(dataset, caplog):
    caplog.set_level(logging.INFO)
    assert save(dataset, "one") == 3
    assert caplog.text == ""
    assert save(dataset, "one") == 0
    assert "the image store is up to date: 3 images, none decoded" in caplog.text
    assert save(dataset, "another") == 3


def test_a_source_that_is_not_known_is_never_up_to_date(dataset):
    assert save(dataset, None) == 3
    assert save(dataset, None) == 3


@pytest.mark.parametrize(
    "part", ["images.npy", "ids.parquet", "rejections.parquet", "image_store.json"]
)
@pytest.mark.parametrize("bytes_left", [None, 0, 30])
def test_a_damaged_store_is_written_again(dataset, tmp_path, part, bytes_left):
    save(dataset, "one")
    file = tmp_path / "store" / part
    if bytes_left is None:
        file.unlink()
    else:
        os.truncate(file, bytes_left)
    assert save(dataset, "one") == 3


def decoded(dataset, folder, caplog, stored=(80, 60), limit=None):
    """Whether a run over this catalogue decodes anything."""
    caplog.clear()
    caplog.set_level(logging.INFO)
    catalogue = open_catalogue(folder)
    products, _, facts = check_products(catalogue, CatalogueParameters(limit=limit))
    height, width = stored
    parameters = ImageParameters(
        stored=Size(height=height, width=width), size=Size(height=8, width=8)
    )
    settings = (parameters, CatalogueParameters(), EngineParameters())
    dataset.save(decode_images(catalogue, products, facts, *settings))
    return "up to date" not in caplog.text


def test_a_second_run_over_a_catalogue_decodes_only_when_something_changed(dataset, kaggle, caplog):
    assert decoded(dataset, kaggle, caplog)
    assert not decoded(dataset, kaggle, caplog)
    (kaggle / "images" / "12.jpg").write_bytes(jpeg("green", size=(50, 80)))
    assert decoded(dataset, kaggle, caplog)
    assert not decoded(dataset, kaggle, caplog)
    assert decoded(dataset, kaggle, caplog, stored=(40, 30))
    assert decoded(dataset, kaggle, caplog, limit=3)
    assert not decoded(dataset, kaggle, caplog, limit=3)
