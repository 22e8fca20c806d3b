import pytest

from shopclip.catalogue import CatalogueError, open_catalogue
from shopclip.catalogue.hub_parquet import HubParquet
from shopclip.catalogue.kaggle_folder import KaggleFolder
from shopclip.sample import draw_catalogue
from tests.conftest import jpeg, row, write_hub


def test_a_kaggle_folder_is_recognised(kaggle):
    catalogue = open_catalogue(kaggle)
    assert isinstance(catalogue, KaggleFolder)
    assert not catalogue.synthetic


def test_parquet_is_recognised_as_a_file_and_as_a_folder(tmp_path):
    file = write_hub(tmp_path / "hub" / "a.parquet", [row(1)], [jpeg("red")])
    assert isinstance(open_catalogue(file), HubParquet)
    assert isinstance(open_catalogue(tmp_path / "hub"), HubParquet)


def test_the_built_in_catalogue_says_that_it_is_synthetic(tmp_path):
    assert open_catalogue(draw_catalogue(tmp_path / "sample", products=3)).synthetic


def test_a_path_that_does_not_exist_is_named_with_the_remedy(tmp_path):
    with pytest.raises(CatalogueError, match=r"nowhere does not exist; give the folder"):
        open_catalogue(tmp_path / "nowhere")


def test_a_folder_that_is_no_catalogue_says_what_was_expected(tmp_path):
    with pytest.raises(CatalogueError, match=r"expected a folder with styles.csv and images/"):
        open_catalogue(tmp_path)
