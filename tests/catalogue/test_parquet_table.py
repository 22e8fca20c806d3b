import pyarrow as pa
import pyarrow.dataset as ds
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
    assert list(catalogue.read_images(rows["image"].tolist())) == [jpeg("red")]
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


def hive(folder):
    """A data set as Arrow writes it, by gender and year."""
    columns = {
        "id": ["1", "2", "3", "4"],
        "caption": list("abcd"),
        "image": [b""] * 4,
        "gender": ["Men", "Women & co", "Men", None],
        "year": [2012, 2013, 2012, 2014],
    }
    parts = pa.schema([("gender", pa.string()), ("year", pa.int64())])
    partitioning = ds.partitioning(parts, flavor="hive")
    ds.write_dataset(pa.table(columns), folder, format="parquet", partitioning=partitioning)
    return folder


def test_folders_of_a_partition_give_their_rows_its_columns(tmp_path):
    rows, rejected = open_catalogue(hive(tmp_path / "shop")).rows()
    found = {id_: rest for id_, *rest in rows[["id", "gender", "year"]].values.tolist()}
    assert found == {
        "1": ["Men", "2012"],
        "2": ["Women & co", "2013"],
        "3": ["Men", "2012"],
        "4": ["", "2014"],
    }
    assert rejected.empty


def test_a_partition_may_be_called_otherwise_and_hold_the_caption(tmp_path):
    for folder, id_ in (("titel=Red cap", 1), ("titel=Blue%20cap", 2)):
        (tmp_path / folder).mkdir()
        pq.write_table(pa.table({"id": [id_], "image": [b""]}), tmp_path / folder / "0.parquet")
    rows, _ = open_catalogue(tmp_path, {"caption": "titel"}).rows()
    assert rows[["id", "productDisplayName"]].values.tolist() == [
        ["2", "Blue cap"],
        ["1", "Red cap"],
    ]


def test_a_column_of_the_file_itself_counts_before_its_folder(tmp_path):
    (tmp_path / "gender=Men").mkdir()
    columns = {"id": [1], "caption": ["x"], "image": [b""], "gender": ["Kids"]}
    pq.write_table(pa.table(columns), tmp_path / "gender=Men" / "0.parquet")
    assert open_catalogue(tmp_path).rows()[0]["gender"].tolist() == ["Kids"]


def test_a_row_that_is_no_utf_8_is_rejected_and_its_neighbours_are_not(tmp_path):
    texts = pa.array([b"ok", b"a lone \xed\xa0\x80", b"caf\xe9", "ä".encode()], pa.binary())
    captions = pa.Array.from_buffers(pa.string(), 4, texts.buffers())
    catalogue = write(
        tmp_path, id=["1", "2", "3", "4"], caption=captions, image=[b"w", b"x", b"y", b"z"]
    )
    rows, rejected = catalogue.rows()
    assert rows[["id", "productDisplayName"]].values.tolist() == [["1", "ok"], ["4", "ä"]]
    assert list(catalogue.read_images(rows["image"].tolist())) == [b"w", b"z"]
    assert rejected.values.tolist() == [
        [id_, line, "no UTF-8", "caption holds bytes that are none"]
        for id_, line in (("2", 1), ("3", 2))
    ]


def test_nul_characters_are_dropped_as_those_of_a_csv(tmp_path):
    rows, rejected = write(tmp_path, id=["1\0"], caption=["Red\0 cap"], image=[b""]).rows()
    assert rows[["id", "productDisplayName"]].values.tolist() == [["1", "Red cap"]]
    assert rejected.empty
