import errno
import os

import pytest

from shopclip.errors import ShopclipError
from shopclip.files.atomic import atomic_file, atomic_folder
from shopclip.files.storage import StorageError, explain, writing


def told(error, place):
    with pytest.raises(StorageError) as caught, writing(place):
        raise error
    assert str(caught.value) == explain(error, place)
    assert caught.value.__cause__ is error
    return str(caught.value)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_names_the_place_and_asks_for_room(tmp_path, number):
    line = told(OSError(number, os.strerror(number)), tmp_path / "not" / "there" / "yet")
    assert line.startswith(f"{tmp_path}/not/there/yet: cannot be written: {os.strerror(number)} (")
    assert "MB were free for it). Make room there and give the same command again" in line


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_folder_that_is_shut_is_named_with_who_may_not_write(tmp_path, number, monkeypatch):
    monkeypatch.setenv("LOGNAME", "anna")
    line = told(OSError(number, os.strerror(number), str(tmp_path / "a")), tmp_path / "a")
    assert f"Make {tmp_path} writable for anna, or work in a copy of the project that is" in line


@pytest.mark.parametrize(
    "words",
    [
        "I/O error: No space left on device (os error 28)",  # Rust
        "Error in virtual size_t write(): No space left on device",  # C++
        "20000 requested and 992 written",  # numpy
    ],
)
def test_libraries_say_it_in_their_own_words(tmp_path, words):
    assert "cannot be written: No space left on device" in told(RuntimeError(words), tmp_path / "a")


def test_what_is_read_meanwhile_is_not_said_to_be_written(tmp_path):
    elsewhere = PermissionError(errno.EACCES, "Permission denied", "/elsewhere/picture.jpg")
    with pytest.raises(PermissionError) as caught, writing(tmp_path / "store"):
        raise elsewhere
    assert caught.value is elsewhere


@pytest.mark.parametrize(
    "error", [KeyError("x"), ValueError("y"), OSError("z"), KeyboardInterrupt()]
)
def test_another_error_is_left_as_it_is(tmp_path, error):
    with pytest.raises(type(error)) as caught, writing(tmp_path / "a"):
        raise error
    assert caught.value is error


def test_an_error_for_the_user_is_left_as_it_is(tmp_path):
    error = ShopclipError("No space left on device")
    with pytest.raises(ShopclipError) as caught, writing(tmp_path / "a"):
        raise error
    assert caught.value is error


@pytest.mark.parametrize("kind", [atomic_file, atomic_folder])
def test_a_file_in_the_place_of_a_folder_is_named(tmp_path, kind):
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(StorageError, match=r"data is in the place of a folder: move it away"):
        write(kind, tmp_path / "data" / "new" / "a")


@pytest.mark.parametrize("kind", [atomic_file, atomic_folder])
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; see tests/failures")
def test_a_folder_without_the_right_to_write_is_named(tmp_path, kind):
    tmp_path.chmod(0o555)
    with pytest.raises(StorageError, match=f"Make {tmp_path} writable"):
        write(kind, tmp_path / "a")
    tmp_path.chmod(0o755)


def write(kind, place):
    with kind(place) as draft:
        raise AssertionError(f"{draft} cannot have been made")
