import pandas as pd
import pytest
from kedro.io import DatasetError, Version
from kedro_mlflow.io.artifacts import MlflowArtifactDataset

from shopclip.datasets import JSONDataset, NumpyDataset, ParquetDataset, UnreadableError

TABLE = pd.DataFrame({"a": [1, 2]})


@pytest.fixture
def dataset(tmp_path):
    return ParquetDataset(filepath=str(tmp_path / "new" / "a.parquet"))


def unreadable(dataset):
    with pytest.raises(DatasetError) as caught:
        dataset.load()
    assert isinstance(caught.value.__cause__, UnreadableError)
    return caught.value.__cause__


def test_a_table_comes_back_from_a_folder_made_for_it(dataset, tmp_path):
    dataset.save(TABLE)
    pd.testing.assert_frame_equal(dataset.load(), TABLE)
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["a.parquet"]


def test_the_arguments_are_those_of_the_library(tmp_path):
    JSONDataset(filepath=str(tmp_path / "a.json"), save_args={"indent": 3}).save({"a": 1})
    assert (tmp_path / "a.json").read_text() == '{\n   "a": 1\n}'


def test_a_save_that_breaks_off_leaves_the_old_file_and_nothing_else(dataset, tmp_path):
    dataset.save(TABLE)
    with pytest.raises(DatasetError):
        dataset.save(pd.DataFrame({"a": [1, "two", {}]}))  # no column of one type
    pd.testing.assert_frame_equal(dataset.load(), TABLE)
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["a.parquet"]


@pytest.mark.parametrize("kept", [0, 1, 200, -1])
def test_a_torn_table_is_one_line_that_names_it(dataset, tmp_path, kept):
    dataset.save(TABLE)
    file = tmp_path / "new" / "a.parquet"
    file.write_bytes(file.read_bytes()[:kept])
    error = unreadable(dataset)
    assert error.file == file
    assert str(error).startswith(f"{file}: it is damaged (")
    assert "\n" not in str(error)


def test_a_torn_array_is_one_line_that_names_it(tmp_path):
    file = tmp_path / "a.npy"
    dataset = NumpyDataset(filepath=str(file))
    dataset.save(TABLE.to_numpy())
    file.write_bytes(file.read_bytes()[:-1])
    assert str(unreadable(dataset)).startswith(f"{file}: it is damaged (")


def test_a_missing_file_is_not_said_to_be_damaged(dataset, tmp_path):
    assert str(unreadable(dataset)) == f"{tmp_path}/new/a.parquet: it is not there"


def test_a_file_of_someone_else_is_not_said_to_be_damaged(dataset, tmp_path, monkeypatch):
    dataset.save(TABLE)

    def shut(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pd, "read_parquet", shut)
    assert str(unreadable(dataset)).endswith("a.parquet: it cannot be read: Permission denied")


def test_a_versioned_file_is_written_where_the_library_puts_it(tmp_path):
    version = Version(None, "2026-01-01T00.00.00.000Z")
    dataset = JSONDataset(filepath=str(tmp_path / "a.json"), version=version)
    dataset.save({"a": 1})
    assert (tmp_path / "a.json" / version.save / "a.json").is_file()
    assert dataset.load() == {"a": 1}


def test_mlflows_own_dataset_may_be_put_around_it(tmp_path):
    inner = {"type": "shopclip.datasets.JSONDataset", "filepath": str(tmp_path / "a.json")}
    dataset = MlflowArtifactDataset(dataset=inner)
    dataset._logging_activated = False
    dataset.save({"a": 1})
    assert dataset.load() == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]
