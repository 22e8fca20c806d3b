import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shopclip.catalogue import CatalogueError, open_catalogue
from tests.conftest import jpeg, row, write_hub


def two_files(folder):
    for name, ids in {"b": [3, 4], "a": [1, 2]}.items():
        images = [jpeg((20 * id_, 0, 0)) for id_ in ids]
        write_hub(folder / f"{name}.parquet", [row(id_) for id_ in ids], images)
    return open_catalogue(folder)


def test_files_of_a_folder_are_one_table_in_the_order_of_their_names(tmp_path):
    rows, rejected = two_files(tmp_path).rows()
    assert rows["id"].tolist() == ["1", "2", "3", "4"]
    assert rejected.empty


def test_images_of_some_rows_are_found_across_files(tmp_path):
    catalogue = two_files(tmp_path)
    rows, _ = catalogue.rows()
    chosen = rows["image"].iloc[[1, 2, 3]].tolist()
    expected = [jpeg((20 * id_, 0, 0)) for id_ in (2, 3, 4)]
    assert list(catalogue.images(chosen)) == expected


def test_a_missing_image_is_an_empty_one(tmp_path):
    write_hub(tmp_path / "a.parquet", [row(1), row(2)], [None, jpeg("red")])
    catalogue = open_catalogue(tmp_path)
    rows, _ = catalogue.rows()
    assert list(catalogue.images(rows["image"].tolist())) == [b"", jpeg("red")]


def test_attributes_that_a_file_lacks_are_empty(tmp_path):
    table = {"id": [1], "productDisplayName": ["x"], "image": [{"bytes": b"", "path": None}]}
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    rows, _ = open_catalogue(tmp_path).rows()
    assert rows["gender"].tolist() == [""]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": [1], "productDisplayName": ["x"]}, "column image is missing"),
        ({"id": [1], "productDisplayName": ["x"], "image": ["a"]}, "expected a struct with bytes"),
    ],
)
def test_another_layout_is_an_error_that_names_the_file_and_the_column(tmp_path, columns, message):
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(CatalogueError, match=rf"a.parquet: .*{message}"):
        open_catalogue(tmp_path).rows()


def test_a_file_that_is_no_parquet_is_an_error_that_names_it(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(CatalogueError, match=r"a.parquet: not a readable parquet file"):
        open_catalogue(tmp_path).rows()
