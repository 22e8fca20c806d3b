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


def write(folder, **columns):
    pq.write_table(pa.table(columns), folder / "a.parquet")
    return open_catalogue(folder / "a.parquet")


def test_files_of_a_folder_are_one_table_in_the_order_of_their_names(tmp_path):
    rows, rejected = two_files(tmp_path).rows()
    assert rows["id"].tolist() == ["1", "2", "3", "4"]
    assert rejected.empty


def test_attributes_that_a_file_lacks_are_empty(tmp_path):
    image = [{"bytes": b"", "path": None}]
    rows, _ = write(tmp_path, id=[1], productDisplayName=["x"], image=image).rows()
    assert rows["gender"].tolist() == [""]


def test_numbers_are_written_as_they_are_and_nulls_are_empty(tmp_path):
    catalogue = write(
        tmp_path,
        id=pa.array([1163, None], pa.int64()),
        caption=["x", None],
        year=[2012.0, None],
        season=pa.array(["Fall", None]).dictionary_encode(),
        image=[b"", b""],
    )
    rows, _ = catalogue.rows()
    columns = ["id", "productDisplayName", "year", "season"]
    assert rows[columns].values.tolist() == [["1163", "x", "2012", "Fall"], [""] * 4]


def test_images_may_be_paths_into_the_folder(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.jpg").write_bytes(jpeg("red"))
    catalogue = write(
        tmp_path, id=["1", "2"], caption=["x", "y"], image=["photos/1.jpg", "../2.jpg"]
    )
    rows, rejected = catalogue.rows()
    assert list(catalogue.images(rows["image"].tolist())) == [jpeg("red")]
    assert rejected["reason"].tolist() == ["image outside the catalogue"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": [1], "productDisplayName": ["x"]}, "has no column image"),
        ({"id": [1], "productDisplayName": ["x"], "image": [3]}, "expected image bytes"),
        ({"id": [[1]], "productDisplayName": ["x"], "image": [b""]}, "column id is list"),
    ],
)
def test_another_layout_is_an_error_that_names_the_file_and_the_column(tmp_path, columns, message):
    with pytest.raises(CatalogueError, match=rf"a.parquet: .*{message}"):
        write(tmp_path, **columns).rows()


def test_a_file_that_is_no_parquet_is_an_error_that_names_it(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(CatalogueError, match=r"a.parquet: not a readable parquet file"):
        open_catalogue(tmp_path).rows()


def test_files_that_keep_images_differently_are_an_error_that_names_them(tmp_path):
    write(tmp_path, id=[1], caption=["x"], image=["1.jpg"])
    write_hub(tmp_path / "b.parquet", [row(1)], [jpeg("red")])
    with pytest.raises(CatalogueError, match=r"a.parquet: None, b.parquet: image.bytes"):
        open_catalogue(tmp_path)
