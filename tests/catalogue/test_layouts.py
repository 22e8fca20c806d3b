import os
from pathlib import Path

import pytest

from shopclip.catalogue import CatalogueError, open_catalogue
from shopclip.sample import draw_catalogue
from tests.conftest import jpeg, row, write_hub, write_kaggle

FASHION = os.environ.get("SHOPCLIP_CATALOGUE")


def test_a_kaggle_folder_is_recognised(kaggle):
    catalogue = open_catalogue(kaggle)
    rows, rejected = catalogue.rows()
    assert rows["id"].tolist() == ["10", "11", "12", "13", "14"]
    assert rejected.empty
    assert not catalogue.synthetic
    found = list(catalogue.read_images(rows["image"].tolist()))
    assert found == [(kaggle / "images" / f"{id_}.jpg").read_bytes() for id_ in rows["id"]]


def test_a_row_without_an_image_is_rejected_by_name(tmp_path):
    folder = write_kaggle(tmp_path / "shop", [row(1), row(2)], images={"2"})
    rows, rejected = open_catalogue(folder).rows()
    assert rows["id"].tolist() == ["2"]
    assert rejected[["id", "line", "reason", "detail"]].values.tolist() == [
        ["1", 2, "no image", "images/1.jpg does not exist"]
    ]


@pytest.mark.parametrize("path", ["a.parquet", "data/train-00000-of-00001.parquet"])
def test_parquet_is_recognised_as_a_file_and_as_a_folder(tmp_path, path):
    file = write_hub(tmp_path / "hub" / path, [row(1)], [jpeg("red")])
    for path in (file, tmp_path / "hub"):
        catalogue = open_catalogue(path)
        rows, _ = catalogue.rows()
        assert list(catalogue.read_images(rows["image"].tolist())) == [jpeg("red")]


@pytest.mark.parametrize("name", ["shop.csv", ""])
def test_a_csv_with_paths_is_recognised_as_a_file_and_as_a_folder(tmp_path, name):
    (tmp_path / "shop.csv").write_text("sku,title,photo\nA1,Cap,1.jpg\n")
    (tmp_path / "1.jpg").write_bytes(jpeg("red"))
    catalogue = open_catalogue(tmp_path / name, {"id": "sku", "caption": "title", "image": "photo"})
    rows, _ = catalogue.rows()
    assert list(catalogue.read_images(rows["image"].tolist())) == [jpeg("red")]


def test_the_built_in_catalogue_says_that_it_is_synthetic(tmp_path):
    assert open_catalogue(draw_catalogue(tmp_path / "sample", products=3)).synthetic


def test_a_path_that_does_not_exist_is_named_with_the_remedy(tmp_path):
    with pytest.raises(CatalogueError, match=r"nowhere does not exist; give the folder"):
        open_catalogue(tmp_path / "nowhere")


def test_a_folder_that_is_no_catalogue_says_what_was_expected(tmp_path):
    with pytest.raises(CatalogueError, match=r"expected a folder with styles.csv and images/"):
        open_catalogue(tmp_path)


def test_a_folder_with_two_tables_asks_which_one(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("id,caption,image\n")
    with pytest.raises(CatalogueError, match=r"has a.csv, b.csv, so say which one is its table"):
        open_catalogue(tmp_path)


def test_a_table_that_says_nothing_of_images_is_an_error(tmp_path):
    (tmp_path / "a.csv").write_text("id,caption\n1,x\n")
    with pytest.raises(CatalogueError, match=r"a.csv: says nothing of images; expected a column"):
        open_catalogue(tmp_path)


@pytest.mark.parametrize("name", ["a.xlsx", "a"])
def test_a_file_of_another_kind_says_what_was_expected(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(CatalogueError, match=rf"{name} is no catalogue; expected"):
        open_catalogue(tmp_path / name)


@pytest.mark.skipif(FASHION is None, reason="SHOPCLIP_CATALOGUE does not name the real catalogue")
def test_the_real_catalogue_loses_no_row():
    folder = Path(str(FASHION))
    rows, rejected = open_catalogue(folder).rows()
    assert len(rows) == 40_072
    assert rejected["reason"].value_counts().to_dict() == {"no image": 373}
    assert len(rows) + len(rejected) == sum(1 for _ in (folder / "styles.csv").open("rb")) - 1
    assert rows["id"].is_unique
    assert not set(rows["id"]) & set(rejected["id"])
