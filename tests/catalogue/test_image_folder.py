import os

import pandas as pd
import pytest

from shopclip.catalogue.image_folder import OUTSIDE, ImageFolder


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    folder = tmp_path / "shop"
    (folder / "photos" / "new").mkdir(parents=True)
    (folder / "photos" / "1.jpg").write_bytes(b"one")
    (folder / "photos" / "new" / "2.png").write_bytes(b"two")
    (folder / "photos" / "folder.jpg").mkdir()
    return folder


def locate(folder, *references, pattern=None):
    ids = [str(number) for number in range(len(references))]
    rows = pd.DataFrame({"id": ids, "line": range(len(ids)), "image": references})
    return ImageFolder(folder, pattern).locate(rows)


@pytest.mark.parametrize(
    "reference",
    ["photos/1.jpg", " photos/1.jpg ", "./photos//1.jpg", "photos\\1.jpg", "photos/new/../1.jpg"],
)
def test_a_relative_path_is_found_however_it_is_written(shop, reference):
    located, rejected = locate(shop, reference)
    assert located["image"].tolist() == ["photos/1.jpg"]
    assert rejected.empty
    assert list(ImageFolder(shop).read(located["image"])) == [b"one"]


def test_images_come_in_the_order_asked_for(shop):
    references = ["photos/new/2.png", "photos/1.jpg", "photos/new/2.png"]
    assert list(ImageFolder(shop).read(references)) == [b"two", b"one", b"two"]


@pytest.mark.parametrize(
    ("reference", "detail"),
    [
        ("", "the table names none"),
        ("photos/3.jpg", "photos/3.jpg does not exist"),
        ("nowhere/1.jpg", "does not exist"),
        ("photos/1.jpg/2.jpg", "does not exist"),
        ("photos/folder.jpg", "does not exist"),
        ("photos", "does not exist"),
        ("photos/\0/1.jpg", "does not exist"),
        ("x" * 5000 + "/1.jpg", "does not exist"),
        ("https://shop.example/1.jpg", "is an address; expected a file"),
    ],
)
def test_a_missing_image_is_rejected_with_what_is_missing(shop, reference, detail):
    _, rejected = locate(shop, reference)
    assert rejected["reason"].tolist() == ["no image"]
    assert detail in rejected["detail"][0] or len(reference) > 120


@pytest.mark.parametrize(
    "reference",
    [
        "../secret.jpg",
        "photos/../../secret.jpg",
        "..\\secret.jpg",
        "/etc/hostname",
        "..",
        "C:\\secret.jpg",
        "//server/secret.jpg",
    ],
)
def test_a_path_that_leaves_the_catalogue_is_rejected(shop, reference):
    _, rejected = locate(shop, reference)
    assert rejected["reason"].tolist() == [OUTSIDE]


def test_an_absolute_path_is_rejected_even_into_the_catalogue(shop):
    _, rejected = locate(shop, str(shop / "photos" / "1.jpg"))
    assert rejected["reason"].tolist() == [OUTSIDE]


def test_an_id_is_no_way_out_either(shop):
    located, rejected = ImageFolder(shop, "photos/{id}.jpg").locate(
        pd.DataFrame({"id": ["1", "../../secret"], "line": [2, 3], "image": ["", ""]})
    )
    assert located["image"].tolist() == ["photos/1.jpg"]
    assert rejected["reason"].tolist() == [OUTSIDE]


def test_a_link_that_leaves_the_catalogue_is_rejected_and_one_inside_is_not(shop):
    (shop / "photos" / "out.jpg").symlink_to(shop.parent / "secret.jpg")
    (shop / "photos" / "in.jpg").symlink_to(shop / "photos" / "1.jpg")
    (shop / "photos" / "dead.jpg").symlink_to(shop / "nowhere.jpg")
    references = [f"photos/{name}.jpg" for name in ("out", "in", "dead")]
    located, rejected = locate(shop, *references)
    assert located["image"].tolist() == ["photos/in.jpg"]
    assert rejected["reason"].tolist() == [OUTSIDE, "no image"]
    assert list(ImageFolder(shop).read(references)) == [b"", b"one", b""]


def test_a_linked_folder_that_leaves_the_catalogue_is_rejected(shop):
    (shop / "elsewhere").symlink_to(shop.parent)
    _, rejected = locate(shop, "elsewhere/secret.jpg")
    assert rejected["reason"].tolist() == [OUTSIDE]


def test_a_catalogue_may_itself_be_a_link(shop):
    (shop.parent / "link").symlink_to(shop)
    assert len(locate(shop.parent / "link", "photos/1.jpg")[0]) == 1


def test_an_image_that_has_gone_or_is_forbidden_is_an_empty_one(shop, monkeypatch):
    images = ImageFolder(shop)
    assert images.find("photos/1.jpg") == ("photos/1.jpg", "", "")
    (shop / "photos" / "1.jpg").unlink()
    assert list(images.read(["photos/1.jpg"])) == [b""]


def test_a_folder_is_listed_once_whatever_the_number_of_rows(shop, monkeypatch):
    listed = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (listed.append(path), scandir(path))[1])
    locate(shop, *["photos/1.jpg"] * 1000)
    assert len(listed) == 1


def test_a_bad_link_costs_its_own_product_and_no_other(shop):
    photos = shop / "photos"
    (photos / "loop.jpg").symlink_to("loop.jpg")
    (photos / "there.jpg").symlink_to("back.jpg")
    (photos / "back.jpg").symlink_to("there.jpg")
    (photos / "out.jpg").symlink_to("/proc/self/mem")
    (photos / "far.jpg").symlink_to(shop.parent / "nowhere.jpg")
    (photos / "dead.jpg").symlink_to("nowhere.jpg")
    names = ["1", "loop", "there", "out", "far", "dead", "gone"]
    located, rejected = locate(shop, *(f"photos/{name}.jpg" for name in names))
    assert located["image"].tolist() == ["photos/1.jpg"]
    assert rejected[["id", "reason"]].values.tolist() == [
        ["1", "no image"],
        ["2", "no image"],
        ["3", OUTSIDE],
        ["4", OUTSIDE],
        ["5", "no image"],
        ["6", "no image"],
    ]
    assert "photos/loop.jpg is a link that cannot be followed" in rejected["detail"][0]
    assert rejected["detail"].tolist()[2:] == [
        "photos/out.jpg is a link that leaves the folder of the catalogue",
        "photos/far.jpg is a link that leaves the folder of the catalogue",
        "photos/dead.jpg is a link to nothing",
        "photos/gone.jpg does not exist",
    ]
