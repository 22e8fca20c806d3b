import numpy as np
import pytest
from kedro.io import DatasetError

from shopclip.datasets import NumpyDataset


def test_an_array_comes_back_as_a_memory_map(tmp_path):
    dataset = NumpyDataset(filepath=str(tmp_path / "a.npy"))
    assert not dataset.exists()
    dataset.save(np.arange(6, dtype=np.float32).reshape(2, 3))
    loaded = dataset.load()
    assert isinstance(loaded, np.memmap)
    assert loaded.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_objects_are_not_pickled_and_the_old_array_stays(tmp_path):
    dataset = NumpyDataset(filepath=str(tmp_path / "a.npy"))
    dataset.save(np.arange(2))
    with pytest.raises(DatasetError, match="Object arrays cannot be saved"):
        dataset.save(np.array([{}], dtype=object))
    assert dataset.load().tolist() == [0, 1]
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]
