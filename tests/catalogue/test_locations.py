import pytest

from shopclip.catalogue import CatalogueError
from shopclip.catalogue import locations as module
from shopclip.catalogue.locations import CatalogueLocation, find_location


def test_a_path_becomes_absolute_so_that_it_means_the_same_later(tmp_path, monkeypatch):
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_location("shop", {}) == CatalogueLocation("shop", str(tmp_path / "shop"), {})


def test_a_folder_goes_before_a_data_set_of_the_same_name(tmp_path, monkeypatch):
    (tmp_path / "owner" / "shop").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "download", lambda name: pytest.fail("downloaded"))
    assert find_location("owner/shop", {}).name == "shop"


def test_a_data_set_of_the_hub_is_downloaded_and_keeps_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "download", lambda name: tmp_path)
    assert find_location("owner/shop", {}) == CatalogueLocation("owner/shop", str(tmp_path), {})


@pytest.mark.parametrize("path", ["/nowhere", "nowhere", "a/b/c", "../nowhere", "~/nowhere/at-all"])
def test_what_is_neither_is_an_error_with_the_remedy(path, monkeypatch):
    monkeypatch.setattr(module, "download", lambda name: pytest.fail("downloaded"))
    with pytest.raises(CatalogueError, match=rf"{path} does not exist; give the folder"):
        find_location(path, {})
