"""What can be wrong with a file that an earlier stage left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopclip.errors import ShopclipError, first_line


class UnreadableError(ShopclipError):
    """A file of an earlier stage is missing or damaged. A run adds which stage makes it.

    Attributes:
        file: the one that cannot be read.
    """

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file}: {why}")
        self.file = file


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Turn what a library says of a file into one line.

    Raises:
        UnreadableError: the file is missing, not ours to read, or not whole.
    """
    try:
        yield
    except ShopclipError:
        raise
    except Exception as error:  # each library has kinds of its own
        cause = error.__cause__ or error  # Kedro's own words around it are a screen long
        if not file.exists():
            raise UnreadableError(file, "it is not there") from error
        if isinstance(cause, PermissionError):
            raise UnreadableError(file, f"it cannot be read: {cause.strerror}") from error
        raise UnreadableError(file, f"it is damaged ({first_line(cause)[:200]})") from error
