import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shopclip.catalogue import CatalogueError, open_catalogue
from shopclip.catalogue.parquet_images import BATCH_BYTES, BATCH_ROWS, ParquetImages
from tests.catalogue.test_parquet_table import two_files
from tests.conftest import jpeg, row, write_hub


def write_styles(folder, *rows):
    header = list(row(1))
    lines = [",".join(header), *(",".join(one.values()) for one in rows)]
    (folder / "styles.csv").write_text("\n".join(lines))


def test_images_of_some_rows_are_found_across_files(tmp_path):
    catalogue = two_files(tmp_path)
    rows, _ = catalogue.rows()
    chosen = rows["image"].iloc[[1, 2, 3]].tolist()
    expected = [jpeg((20 * id_, 0, 0)) for id_ in (2, 3, 4)]
    assert list(catalogue.read_images(chosen)) == expected


def test_images_are_found_in_any_order_and_more_than_once(tmp_path):
    catalogue = two_files(tmp_path)
    rows, _ = catalogue.rows()
    chosen = rows["image"].iloc[[3, 0, 0, 2]].tolist()
    assert list(catalogue.read_images(chosen)) == [jpeg((20 * id_, 0, 0)) for id_ in (4, 1, 1, 3)]


def test_images_beyond_one_batch_are_found(tmp_path):
    count = BATCH_ROWS + 7
    images = [number.to_bytes(2, "big") for number in range(count)]
    pq.write_table(pa.table({"photo": images}), tmp_path / "a.parquet")
    found = ParquetImages({"a": tmp_path / "a.parquet"}, "photo").read(
        [f"a#{row_}" for row_ in (0, BATCH_ROWS, count - 1)]
    )
    assert list(found) == [images[0], images[BATCH_ROWS], images[-1]]


def test_large_images_are_read_a_few_at_a_time(tmp_path, monkeypatch):
    batch_rows = []
    iter_batches = pq.ParquetFile.iter_batches
    monkeypatch.setattr(
        pq.ParquetFile,
        "iter_batches",
        lambda self, rows, **options: (
            batch_rows.append(rows),
            iter_batches(self, rows, **options),
        )[1],
    )
    image = b"0" * (BATCH_BYTES // 4)
    pq.write_table(pa.table({"photo": [image] * 6}), tmp_path / "a.parquet", use_dictionary=False)
    images = ParquetImages({"a": tmp_path / "a.parquet"}, "photo")
    assert [len(one) for one in images.read([f"a#{row_}" for row_ in range(6)])] == [len(image)] * 6
    assert batch_rows == [3]


def test_a_missing_image_is_an_empty_one(tmp_path):
    write_hub(tmp_path / "a.parquet", [row(1), row(2)], [None, jpeg("red")])
    catalogue = open_catalogue(tmp_path)
    rows, _ = catalogue.rows()
    assert list(catalogue.read_images(rows["image"].tolist())) == [b"", jpeg("red")]


def test_a_file_that_breaks_off_is_an_error_that_names_it(tmp_path):
    catalogue = two_files(tmp_path)
    rows, _ = catalogue.rows()
    (tmp_path / "a.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:200])
    with pytest.raises(CatalogueError, match=r"a.parquet: not a readable parquet file"):
        list(catalogue.read_images(rows["image"].tolist()))


def test_a_table_beside_parquet_takes_its_images_by_id(tmp_path):
    two_files(tmp_path)
    write_styles(tmp_path, row(4, "four"), row(7, "none"), row(" 1 ", "one"), row(2, "two"))
    catalogue = open_catalogue(tmp_path)
    rows, rejected = catalogue.rows()
    assert rows["productDisplayName"].tolist() == ["one", "two", "four"]  # in one pass
    expected = [jpeg((20 * id_, 0, 0)) for id_ in (1, 2, 4)]
    assert list(catalogue.read_images(rows["image"].tolist())) == expected
    assert rejected[["id", "line", "reason"]].values.tolist() == [["7", 3, "no image"]]


def test_parquet_beside_a_table_without_image_bytes_is_an_error(tmp_path):
    pq.write_table(pa.table({"id": [1], "image": ["1.jpg"]}), tmp_path / "a.parquet")
    write_styles(tmp_path, row(1))
    with pytest.raises(CatalogueError, match=r"a.parquet: expected columns id and image"):
        open_catalogue(tmp_path)
