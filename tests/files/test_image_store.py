import json

import numpy as np
import pytest

from shopclip.files.image_store import (
    ROWS,
    ImageStore,
    ImageStoreError,
    ImageStream,
    Rejection,
    write_image_store,
)
from tests.conftest import noise

PIXELS = noise(5, 8, 6)


def write(folder, pixels=PIXELS, rejected=()):
    images = [(f"p{i}", image) for i, image in enumerate(pixels)]
    images += [(id_, Rejection("unreadable image", "why")) for id_ in rejected]
    write_image_store(folder, ImageStream((8, 6), images))
    return ImageStore.load(folder)


def test_pixels_and_ids_come_back_as_they_were(tmp_path):
    store = write(tmp_path / "store")
    assert np.array_equal(store.images, PIXELS)
    assert isinstance(store.images, np.memmap)
    assert store.ids.tolist() == ["p0", "p1", "p2", "p3", "p4"]


def test_rejected_images_are_kept_with_their_reasons(tmp_path):
    store = write(tmp_path / "store", rejected=["bad"])
    assert len(store) == 5
    assert store.rejections.to_dict("records") == [
        {"id": "bad", "reason": "unreadable image", "detail": "why"}
    ]


def test_the_fingerprint_tells_other_pixels_and_other_ids_apart(tmp_path):
    same = [write(tmp_path / name).fingerprint for name in "ab"]
    changed = PIXELS.copy()
    changed[0, 0, 0, 0] ^= 1
    other = write(tmp_path / "c", changed).fingerprint
    assert same[0] == same[1] != other
    assert write(tmp_path / "d", PIXELS[::-1]).fingerprint != same[0]


def test_a_store_of_no_images_can_be_read(tmp_path):
    assert write(tmp_path / "store", PIXELS[:0]).images.shape == (0, 8, 6, 3)


def test_a_write_that_breaks_off_leaves_the_old_store_and_nothing_else(tmp_path):
    write(tmp_path / "store")

    def breaks_off():
        yield "p0", PIXELS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_image_store(tmp_path / "store", ImageStream((8, 6), breaks_off()))
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    assert len(ImageStore.load(tmp_path / "store")) == 5


def test_a_missing_store_says_how_to_make_it(tmp_path):
    with pytest.raises(ImageStoreError, match="kedro run --pipelines preprocessing"):
        ImageStore.load(tmp_path / "nothing")


@pytest.mark.parametrize("part", ["images.npy", "ids.parquet", "rejections.parquet"])
@pytest.mark.parametrize("damage", [lambda whole: whole[:-10], lambda whole: b"", None])
def test_a_store_with_a_part_cut_short_or_missing_is_refused(tmp_path, part, damage):
    write(tmp_path / "store", rejected=["bad"])
    file = tmp_path / "store" / part
    file.write_bytes(damage(file.read_bytes())) if damage else file.unlink()
    with pytest.raises(ImageStoreError, match="no complete image store"):
        ImageStore.load(tmp_path / "store")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 2}'])
def test_a_store_without_its_description_is_refused(tmp_path, text):
    write(tmp_path / "store")
    (tmp_path / "store" / "image_store.json").write_text(text)
    with pytest.raises(ImageStoreError, match="no complete image store"):
        ImageStore.load(tmp_path / "store")


def test_parts_of_two_stores_do_not_make_one(tmp_path):
    write(tmp_path / "store")
    write(tmp_path / "other", PIXELS[:4])
    (tmp_path / "other" / "ids.parquet").replace(tmp_path / "store" / "ids.parquet")
    with pytest.raises(ImageStoreError, match="announces 5 images, holds 5 and 4 ids"):
        ImageStore.load(tmp_path / "store")


def test_more_ids_than_are_written_at_a_time_keep_their_order(tmp_path):
    count = ROWS + 3
    images = ((str(i), np.zeros((1, 1, 3), np.uint8)) for i in range(count))
    write_image_store(tmp_path / "store", ImageStream((1, 1), images))
    assert ImageStore.load(tmp_path / "store").ids.tolist() == [str(i) for i in range(count)]


def test_a_store_of_another_format_says_what_to_do(tmp_path):
    write(tmp_path / "store")
    description = tmp_path / "store" / "image_store.json"
    description.write_text(json.dumps({**json.loads(description.read_text()), "format": 1}))
    with pytest.raises(ImageStoreError, match="make it again: kedro run --pipelines preprocessing"):
        ImageStore.load(tmp_path / "store")
