import pytest
from kedro.io import DatasetError

from shopclip.datasets import FolderDataset


def test_loads_the_path_of_a_folder_and_makes_it_with_its_parents(tmp_path):
    dataset = FolderDataset(filepath=str(tmp_path / "a" / "b"))
    assert not dataset.exists()
    assert dataset.load() == tmp_path / "a" / "b"
    assert dataset.exists()


def test_leaves_what_is_in_the_folder(tmp_path):
    (tmp_path / "state").touch()
    folder = FolderDataset(filepath=str(tmp_path)).load()
    assert [file.name for file in folder.iterdir()] == ["state"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    dataset = FolderDataset(filepath=str(tmp_path / "file"))
    assert not dataset.exists()
    with pytest.raises(DatasetError):
        dataset.load()


def test_no_node_saves_it(tmp_path):
    dataset = FolderDataset(filepath=str(tmp_path))
    with pytest.raises(DatasetError, match="only the node that reads this folder writes into it"):
        dataset.save(tmp_path)


def test_says_where_it_is(tmp_path):
    dataset = FolderDataset(filepath=str(tmp_path), metadata={"kedro-viz": {"layer": "models"}})
    assert str(tmp_path) in str(dataset)
    assert dataset.metadata == {"kedro-viz": {"layer": "models"}}
