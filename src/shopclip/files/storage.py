"""A place that cannot be written, whichever library finds it out, said so that it can be fixed."""

from __future__ import annotations

import errno
import getpass
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopclip.errors import ShopclipError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
SHUT = (errno.EROFS, errno.EACCES, errno.EPERM)
NO_FOLDER = (errno.ENOTDIR, errno.EEXIST)
_SHORT = re.compile(r"\d+ requested and \d+ written")  # all that numpy says of a full disk


class StorageError(ShopclipError):
    """A file or folder cannot be written: no room, no right, or something else is in its place."""


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turn what the system or a library says of a full or read-only disk into a StorageError."""
    try:
        yield
    except ShopclipError:
        raise
    except Exception as error:  # the libraries in Rust and C++ have kinds of their own
        message = explain(error, place)
        if message is None:
            raise
        raise StorageError(message) from error


def explain(error: BaseException, place: Path) -> str | None:
    """What is wrong with the place and what to do; None if the error is about something else."""
    number, folder = _number(error), _existing(place)
    if number is None or not _is_about(error, place):
        return None
    why = f"{place}: cannot be written: {os.strerror(number)}"
    if number in FULL:
        free = shutil.disk_usage(folder).free / 1e6
        return (
            f"{why} ({free:,.0f} MB were free for it). Make room there and give the same command "
            "again; what was complete stays, and nothing half-written is left"
        )
    if number in SHUT:
        return (
            f"{why}. Make {folder} writable for {_user()}, or work in a copy of the project that is"
        )
    return f"{why}; {folder} is in the place of a folder: move it away"


def _number(error: BaseException) -> int | None:
    """The error's number, or the one whose words a library repeats."""
    numbers = (*FULL, *SHUT, *NO_FOLDER)
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno if error.errno in numbers else None
    message = str(error)
    if _SHORT.search(message):
        return errno.ENOSPC
    return next((number for number in (*FULL, *SHUT) if os.strerror(number) in message), None)


def _is_about(error: BaseException, place: Path) -> bool:
    """Whether the file that the error names, if it names one, is the place or in its folder.

    What is being written may be read from elsewhere meanwhile.
    """
    filename = getattr(error, "filename", None)
    if not isinstance(filename, str | os.PathLike):
        return True
    wrong, written = Path(filename).absolute(), place.absolute()
    return wrong.is_relative_to(written.parent) or written.is_relative_to(wrong)


def _existing(place: Path) -> Path:
    """The nearest thing above the place that is there."""
    return next(one for one in place.absolute().parents if one.exists())


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name
        return "you"
