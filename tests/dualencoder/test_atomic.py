import pytest

from shopclip.dualencoder.atomic import atomic_file


def test_a_finished_file_takes_its_place_in_a_folder_made_for_it(tmp_path):
    with atomic_file(tmp_path / "new" / "a.txt") as draft:
        draft.write_text("1")
        assert not (tmp_path / "new" / "a.txt").exists()
    assert (tmp_path / "new" / "a.txt").read_text() == "1"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.txt"]


def test_a_write_that_breaks_off_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        _break_off(tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def _break_off(file):
    with atomic_file(file) as draft:
        draft.write_text("half")
        raise KeyboardInterrupt
