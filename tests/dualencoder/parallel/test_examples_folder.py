from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from shopclip.dualencoder import Examples
from shopclip.dualencoder.parallel import examples_folder
from tests.dualencoder.conftest import varied


@pytest.fixture
def mapped(examples, tmp_path):
    np.save(tmp_path / "store.npy", examples.images)
    return np.load(tmp_path / "store.npy", mmap_mode="r")


def test_every_field_of_examples_travels():
    told = {"images", "captions", "images_fingerprint"}
    assert {*examples_folder.ARRAYS} | told == {field.name for field in fields(Examples)}


def round_trip(examples, tmp_path):
    examples_folder.write(examples, tmp_path / "examples")
    return examples_folder.read(tmp_path / "examples")


@pytest.mark.parametrize("change", [lambda examples: examples, varied])
def test_examples_come_back_as_they_were(change, examples, tmp_path):
    before = change(examples)
    after = round_trip(before, tmp_path)
    assert after.captions == before.captions
    for name in ("images", "rows", "caption_ids"):
        assert np.array_equal(getattr(after, name), getattr(before, name))
    assert np.array_equal(after.variants, before.variants) or after.variants is before.variants


def test_pictures_that_are_mapped_from_a_file_are_not_copied(examples, mapped, tmp_path):
    after = round_trip(replace(examples, images=mapped, images_fingerprint="abc"), tmp_path)
    assert Path(after.images.filename) == Path(mapped.filename)
    assert after.images_fingerprint == "abc"
    assert not (tmp_path / "examples" / "images.npy").exists()


@pytest.mark.parametrize("rows", [slice(1, 40), slice(None, None, -1)])
def test_a_view_of_mapped_pictures_is_not_taken_for_the_whole_file(
    rows, examples, mapped, tmp_path
):
    view = mapped[rows]
    after = round_trip(replace(examples, images=view, rows=np.arange(len(view))), tmp_path)
    assert np.array_equal(after.images, view)
