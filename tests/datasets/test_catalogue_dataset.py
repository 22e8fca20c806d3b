import errno

import pytest

from shopclip.catalogue import CatalogueError
from shopclip.catalogue.locations import find_location
from shopclip.datasets import CatalogueDataset


@pytest.fixture
def dataset(tmp_path):
    return CatalogueDataset(filepath=str(tmp_path / "data" / "catalogue.json"))


def test_a_catalogue_opens_where_it_was_found_with_its_columns(dataset, tmp_path):
    (tmp_path / "shop.csv").write_text("sku,caption,image\nA1,Cap,none.jpg\n")
    assert not dataset.exists()
    dataset.save(find_location(str(tmp_path / "shop.csv"), {"id": "sku"}))
    assert dataset.exists()
    catalogue = dataset.load()
    assert catalogue.name == "shop.csv"
    assert catalogue.rows()[1]["id"].tolist() == ["A1"]


def test_the_built_in_catalogue_is_drawn_beside_the_file(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr("shopclip.sample.catalogue.draw_product", None)  # it must not be needed
    from shopclip import sample

    drawn = tmp_path / "data" / "sample"
    monkeypatch.setattr(sample, "draw_catalogue", lambda folder: _draw(folder))
    dataset.save(find_location("sample", {}))
    catalogue = dataset.load()
    assert (catalogue.path, catalogue.name) == (drawn, "sample")


def _draw(folder):
    (folder / "images").mkdir(parents=True)
    (folder / "styles.csv").write_text("id,productDisplayName\n")
    return folder


def test_before_ingestion_the_remedy_is_named(dataset):
    with pytest.raises(Exception, match="run the stage ingestion again") as caught:
        dataset.load()
    assert isinstance(caught.value.__cause__ or caught.value, (CatalogueError, OSError))


def test_a_catalogue_that_has_moved_is_an_error_that_names_it(dataset, tmp_path):
    (tmp_path / "shop").mkdir()
    dataset.save(find_location(str(tmp_path / "shop"), {}))
    (tmp_path / "shop").rmdir()
    with pytest.raises(Exception, match=r"shop does not exist"):
        dataset.load()


def test_a_sample_of_an_older_version_is_moved_away(dataset, tmp_path):
    dataset.save(find_location("sample", {}))
    (tmp_path / "data" / "sample").mkdir()
    (tmp_path / "data" / "sample" / "README.txt").write_text("drawn by another version\n")
    with pytest.raises(Exception, match="move it away, and it is drawn again") as caught:
        dataset.load()
    assert isinstance(caught.value.__cause__, CatalogueError)


def test_a_sample_that_finds_no_room_is_named(dataset, tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shopclip.sample.draw_catalogue", full)
    dataset.save(find_location("sample", {}))
    with pytest.raises(Exception, match="data/sample: cannot be written: No space left"):
        dataset.load()
