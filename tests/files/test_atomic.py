import os
import subprocess
import sys

import pytest

from shopclip.files.atomic import atomic_file, atomic_folder


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


def test_a_folder_takes_the_place_of_the_old_one_or_leaves_it(tmp_path):
    with atomic_folder(tmp_path / "a") as draft:
        (draft / "one").touch()
    with pytest.raises(KeyboardInterrupt):
        _break_off_folder(tmp_path / "a")
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["one"]
    with atomic_folder(tmp_path / "a") as draft:
        (draft / "two").touch()
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["two"]
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def _break_off_folder(folder):
    with atomic_folder(folder) as draft:
        (draft / "half").touch()
        raise KeyboardInterrupt


def test_what_killed_processes_left_is_removed_and_what_others_have_begun_is_not(tmp_path):
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True
    ).stdout.strip()
    living = os.getppid()
    left = [f".a.{dead}", f".a.{dead}.x1y2", f".a.{dead}.x1y2.replaced", f".a.{dead}-journal"]
    kept = [
        f".a.{living}",
        f".a.{living}.x1y2",
        f".a.{living}-journal",
        ".a.backup",
        f".ab.{dead}",
        f"a.{dead}",
    ]
    for name in (*left, *kept):
        (tmp_path / name).mkdir() if "." in name[3:] else (tmp_path / name).touch()
    with atomic_file(tmp_path / "a") as draft:
        draft.touch()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["a", *kept])


@pytest.mark.parametrize("kind", [atomic_file, atomic_folder])
def test_what_is_put_in_place_is_on_the_disk(tmp_path, kind, monkeypatch):
    """As far as a test can tell: the content is synchronised before the rename, not after."""
    synchronised = []
    monkeypatch.setattr(os, "fsync", lambda _: synchronised.append((tmp_path / "a").exists()))
    with kind(tmp_path / "a") as draft:
        (draft / "part" if kind is atomic_folder else draft).write_text("content")
    assert synchronised == [False]


@pytest.mark.parametrize("umask", [0o022, 0o027, 0o002, 0o077])
def test_files_and_folders_have_the_modes_of_the_umask(umask, tmp_path):
    """Also those that a library writes for their owner alone, as safetensors does."""
    before = os.umask(umask)
    try:
        with atomic_folder(tmp_path / "folder") as draft:
            (draft / "inner").mkdir()
            (draft / "inner" / "weights").write_text("1")
            (draft / "inner" / "weights").chmod(0o600)
        with atomic_file(tmp_path / "file") as draft:
            draft.unlink()
            draft.write_text("2")
            draft.chmod(0o600)
    finally:
        os.umask(before)
    modes = {
        path.relative_to(tmp_path).as_posix(): path.stat().st_mode & 0o777
        for path in tmp_path.rglob("*")
    }
    folder, file = 0o777 & ~umask, 0o666 & ~umask
    assert modes == {
        "folder": folder,
        "folder/inner": folder,
        "folder/inner/weights": file,
        "file": file,
    }
