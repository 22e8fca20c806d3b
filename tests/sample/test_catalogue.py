"""The folder: its layout, its bytes, and how it comes to be."""

import pytest
from PIL import Image

from shopclip.sample import catalogue, draw_catalogue

HEADER = (
    b"id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,"
    b"productDisplayName"
)


def _contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_folder_has_the_kaggle_layout(shop, rows):
    pictures = {f"images/{row['id']}.jpg" for row in rows}
    assert set(_contents(shop)) == {"styles.csv", "README.txt", *pictures}
    lines = (shop / "styles.csv").read_bytes().split(b"\n")
    assert lines[0] == HEADER
    assert lines[-1] == b""
    assert b"\r" not in (shop / "styles.csv").read_bytes()


def test_pictures_are_small_rgb_jpegs(shop):
    for path in (shop / "images").iterdir():
        with Image.open(path) as picture:
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (60, 80))


def test_same_seed_draws_the_same_bytes(tmp_path):
    first = draw_catalogue(tmp_path / "first", products=20, seed=3)
    second = draw_catalogue(tmp_path / "second", products=20, seed=3)
    assert _contents(first) == _contents(second)


def test_another_seed_draws_another_shop(tmp_path):
    first = draw_catalogue(tmp_path / "first", products=5, seed=0)
    second = draw_catalogue(tmp_path / "second", products=5, seed=1)
    assert (first / "styles.csv").read_bytes() != (second / "styles.csv").read_bytes()


def test_a_larger_shop_begins_with_the_smaller_one(shop, tmp_path):
    small = draw_catalogue(tmp_path / "small", products=20, seed=7)
    styles = (small / "styles.csv").read_bytes()
    assert (shop / "styles.csv").read_bytes().startswith(styles)
    for picture in (small / "images").iterdir():
        assert picture.read_bytes() == (shop / "images" / picture.name).read_bytes()


def test_readme_states_what_was_drawn(shop):
    text = (shop / "README.txt").read_text(encoding="utf-8")
    assert "synthetic catalogue drawn by shopclip" in text
    assert text.splitlines()[-3:] == ["products: 240", "seed: 7", f"version: {catalogue.VERSION}"]


def test_an_existing_shop_is_left_alone(tmp_path, monkeypatch):
    folder = draw_catalogue(tmp_path / "shop", products=3)
    before = _contents(folder)
    monkeypatch.setattr(catalogue, "draw_product", None)
    assert draw_catalogue(folder, products=3) == folder
    assert _contents(folder) == before


@pytest.mark.parametrize(("products", "seed"), [(4, 0), (3, 1)])
def test_a_different_shop_is_refused(tmp_path, products, seed):
    folder = draw_catalogue(tmp_path / "shop", products=3, seed=0)
    before = _contents(folder)
    with pytest.raises(FileExistsError, match=r"shop already holds another catalogue; choose"):
        draw_catalogue(folder, products=products, seed=seed)
    assert _contents(folder) == before


def test_a_foreign_folder_is_refused(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"meow")
    with pytest.raises(FileExistsError, match="photos already holds something other"):
        draw_catalogue(tmp_path / "photos", products=3)
    assert _contents(tmp_path) == {"photos/cat.jpg": b"meow"}


@pytest.mark.parametrize(("products", "seed"), [(0, 0), (-1, 0), (3, -1)])
def test_impossible_numbers_are_refused(tmp_path, products, seed):
    with pytest.raises(ValueError, match=r"-1|0"):
        draw_catalogue(tmp_path / "shop", products=products, seed=seed)


def test_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("out of paint")

    monkeypatch.setattr(catalogue, "draw_product", fail)
    with pytest.raises(RuntimeError, match="out of paint"):
        draw_catalogue(tmp_path / "shop", products=3)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rival_products", [3, 2])
def test_losing_a_race_keeps_the_winner(tmp_path, monkeypatch, rival_products):
    rival = draw_catalogue(tmp_path / "rival", products=rival_products)
    folder = tmp_path / "shop"
    write = catalogue._write

    def write_too_late(draft, assortment, seed):
        write(draft, assortment, seed)
        rival.rename(folder)

    monkeypatch.setattr(catalogue, "_write", write_too_late)
    if rival_products == 3:
        assert draw_catalogue(folder, products=3) == folder
    else:
        with pytest.raises(FileExistsError, match="another catalogue"):
            draw_catalogue(folder, products=3)
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]
    assert len(list((folder / "images").iterdir())) == rival_products


def test_what_a_killed_drawing_left_is_removed_by_the_next(tmp_path):
    dead = 2**22 + 1  # no process has so high a number
    left = tmp_path / f".shop.{dead}.0a1b2c3d"
    (left / "images").mkdir(parents=True)
    draw_catalogue(tmp_path / "shop", products=2)
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]
