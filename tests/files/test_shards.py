import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopclip.files.shards import Shards, read_shards, write_shards

WHOLE = np.arange(60, dtype=np.float32).reshape(20, 3)


@settings(max_examples=30)
@given(cuts=st.lists(st.integers(0, 20), max_size=6), rows=st.integers(1, 25))
def test_whatever_the_batches_the_shards_are_the_array(cuts, rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards") / "array"
    write_shards(folder, np.split(WHOLE, sorted(cuts)), rows=rows)
    read = read_shards(folder)
    assert np.array_equal(np.asarray(read), WHOLE)
    lengths = [len(np.load(file)) for file in sorted(folder.glob("*.npy"))]
    assert lengths == [min(rows, 20 - start) for start in range(0, 20, rows)]


@pytest.fixture
def shards():
    return Shards(np.split(WHOLE, [7, 8]))


@given(data=st.data())
def test_rows_are_asked_for_as_of_an_array(data):
    shards = Shards(np.split(WHOLE, [7, 8]))
    rows = st.lists(st.integers(-20, 19), max_size=8).map(lambda rows: np.array(rows, int))
    mask = st.lists(st.booleans(), min_size=20, max_size=20).map(np.array)
    asked = data.draw(st.one_of(st.slices(20), st.integers(-20, 19), rows, mask))
    assert np.array_equal(shards[asked], WHOLE[asked])
    assert shards[asked].shape == WHOLE[asked].shape


def test_numpy_takes_them_for_an_array(shards):
    assert (shards.shape, shards.ndim, shards.dtype, len(shards)) == ((20, 3), 2, WHOLE.dtype, 20)
    query = np.ones((2, 3), np.float32)
    assert np.array_equal(query @ shards[:].T, query @ WHOLE.T)
    assert np.array_equal(np.einsum("ij,ij->i", shards, shards), (WHOLE * WHOLE).sum(axis=1))


@pytest.mark.parametrize("asked", [20, [3, -21], np.ones(19, bool)])
def test_rows_that_are_not_there_are_refused(asked, shards):
    with pytest.raises(IndexError):
        shards[asked]


def test_a_single_shard_is_a_memory_map(tmp_path):
    write_shards(tmp_path / "array", [WHOLE], rows=20)
    assert isinstance(read_shards(tmp_path / "array"), np.memmap)


def test_batches_that_fail_leave_the_array_that_was_there(tmp_path):
    def failing():
        yield WHOLE[:5]
        raise RuntimeError("no more")

    write_shards(tmp_path / "array", [WHOLE], rows=6)
    with pytest.raises(RuntimeError, match="no more"):
        write_shards(tmp_path / "array", failing(), rows=2)
    assert np.array_equal(np.asarray(read_shards(tmp_path / "array")), WHOLE)
    assert [path.name for path in tmp_path.iterdir()] == ["array"]


def test_only_one_shard_is_in_memory_while_batches_come(tmp_path):
    ahead = []

    def counted():
        for start in range(0, 20, 2):
            written = len(list(tmp_path.rglob("*.npy")))
            ahead.append(start - 4 * written)
            yield WHOLE[start : start + 2]

    write_shards(tmp_path / "array", counted(), rows=4)
    assert max(ahead) <= 6


@pytest.mark.parametrize("damage", ["lost", "cut", "other"])
def test_a_shard_that_is_missing_or_another_one_is_an_error(damage, tmp_path):
    write_shards(tmp_path, [WHOLE], rows=6)
    shard = tmp_path / "000001.npy"
    if damage == "lost":
        shard.unlink()
    elif damage == "cut":
        shard.write_bytes(shard.read_bytes()[:-8])
    else:
        (tmp_path / "shards.json").write_text(json.dumps({"rows": [6, 5, 6, 2]}))
    with pytest.raises((OSError, ValueError)):
        read_shards(tmp_path)
