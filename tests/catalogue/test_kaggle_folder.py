import pytest

from shopclip.catalogue import CatalogueError
from shopclip.catalogue.kaggle_folder import KaggleFolder
from tests.conftest import row, write_kaggle

HEADER = (
    "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,"
    "productDisplayName"
)


def with_table(folder, text):
    (folder / "styles.csv").write_text(text)
    return KaggleFolder(folder)


def test_every_row_with_an_image_is_read(kaggle):
    rows, rejected = KaggleFolder(kaggle).rows()
    assert rows["id"].tolist() == ["10", "11", "12", "13", "14"]
    assert rows["productDisplayName"].tolist() == [f"Arden Men Shirt {i}" for i in range(5)]
    assert rows["line"].tolist() == [2, 3, 4, 5, 6]
    assert rejected.empty


def test_images_come_in_the_order_asked_for(kaggle):
    catalogue = KaggleFolder(kaggle)
    rows, _ = catalogue.rows()
    found = list(catalogue.images(rows["image"].tolist()))
    assert found == [(kaggle / "images" / f"{id_}.jpg").read_bytes() for id_ in rows["id"]]


def test_surplus_unquoted_commas_belong_to_the_caption(kaggle):
    text = f"{HEADER}\n10,Men,Apparel,Topwear,Shirts,Red,Fall,2012,Casual,Shirt, red, slim\n"
    rows, _ = with_table(kaggle, text).rows()
    assert rows["productDisplayName"].tolist() == ["Shirt, red, slim"]


def test_a_row_with_too_few_fields_is_rejected_by_name(kaggle):
    _, rejected = with_table(kaggle, f"{HEADER}\n10,Men,Apparel\n").rows()
    assert rejected.to_dict("records") == [
        {"id": "10", "line": 2, "reason": "too few fields", "detail": "3 fields, expected 10"}
    ]


def test_a_row_without_an_image_is_rejected_by_name(tmp_path):
    folder = write_kaggle(tmp_path / "shop", [row(1), row(2)], images={"2"})
    rows, rejected = KaggleFolder(folder).rows()
    assert rows["id"].tolist() == ["2"]
    assert rejected[["id", "reason", "detail"]].values.tolist() == [
        ["1", "no image", "images/1.jpg does not exist"]
    ]


def test_a_byte_order_mark_is_no_part_of_the_header(kaggle):
    table = (kaggle / "styles.csv").read_bytes()
    (kaggle / "styles.csv").write_bytes(b"\xef\xbb\xbf" + table)
    assert len(KaggleFolder(kaggle).rows()[0]) == 5


def test_another_header_is_an_error_that_shows_both(kaggle):
    with pytest.raises(CatalogueError, match=r"the header is sku,name, expected id,gender"):
        with_table(kaggle, "sku,name\n1,x\n").rows()


def test_an_empty_table_is_an_error(kaggle):
    with pytest.raises(CatalogueError, match="the header is missing"):
        with_table(kaggle, "").rows()
