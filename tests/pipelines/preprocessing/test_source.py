import os

import pandas as pd
import pytest

from shopclip.pipelines.preprocessing.nodes import image_source

SIZE = (8, 6)


@pytest.fixture
def shop(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"123")
    return tmp_path


def table(*rows):
    return pd.DataFrame(rows, columns=["id", "image"], dtype="str")


TWO = table(("1", "a.jpg"), ("2", "b.jpg"))


def test_the_same_files_are_one_source(shop):
    assert image_source(shop, {}, TWO, SIZE) == image_source(shop, {}, TWO.copy(), SIZE)


def test_any_change_of_products_or_size_is_another_source(shop):
    sources = [
        image_source(shop, {}, TWO, SIZE),
        image_source(shop, {}, TWO, (6, 8)),
        image_source(shop, {"image": "back_view"}, TWO, SIZE),
        image_source(shop, {}, TWO[::-1], SIZE),
        image_source(shop, {}, TWO[:1], SIZE),
        image_source(shop, {}, table(("1", "b.jpg"), ("2", "a.jpg")), SIZE),
        image_source(shop, {}, table(("1", "a.jpg"), ("3", "b.jpg")), SIZE),
    ]
    assert len(set(sources)) == len(sources)


def change_content(file):
    file.write_bytes(b"1234")


def change_time(file):
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))


def remove(file):
    file.unlink()


@pytest.mark.parametrize("change", [change_content, change_time, remove])
def test_a_changed_file_is_another_source(shop, change):
    before = image_source(shop, {}, TWO, SIZE)
    change(shop / "b.jpg")
    assert image_source(shop, {}, TWO, SIZE) not in (before, None)


def test_rows_of_a_parquet_file_change_with_it(shop):
    file = shop / "hub.parquet"
    file.write_bytes(b"1")
    rows = table(("1", "hub.parquet#0"), ("2", "hub.parquet#1"))
    before = image_source(file, {}, rows, SIZE)
    assert before == image_source(shop, {}, rows, SIZE)
    change_content(file)
    assert image_source(file, {}, rows, SIZE) != before


def test_references_that_lead_to_no_file_have_no_source(shop):
    assert image_source(shop, {}, table(("1", "nothing.jpg"), ("2", "")), SIZE) is None


def test_a_hash_sign_in_a_file_name_hides_no_change(shop):
    (shop / "a#1.jpg").write_bytes(b"1")
    rows = table(("1", "a#1.jpg"), ("2", "b.jpg"))
    before = image_source(shop, {}, rows, SIZE)
    change_content(shop / "a#1.jpg")
    assert image_source(shop, {}, rows, SIZE) != before
