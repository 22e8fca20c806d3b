"""Fingerprints of files and folders: equal content, equal digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shopclip.files.integrity import digest

CARD = "README.md"  # tells of the model in whose folder it lies, and is no part of it


@dataclass(frozen=True)
class Fingerprint:
    """What a file, or the files of a folder, held when it was taken.

    Attributes:
        digest: SHA-256 of the content, hexadecimal; of a folder, over the names and digests of its
            files.
        states: of every file its name in the folder, size in bytes, and times of change (content,
            entry) in nanoseconds: while they are the same nothing has to be read again.
    """

    digest: str
    states: tuple[tuple[str, int, int, int], ...]

    @classmethod
    def take(cls, path: Path) -> Fingerprint:
        """Read everything at `path`, at about 1.8 GB/s.

        Raises:
            OSError: there is nothing, or it cannot be read.
        """
        states = tuple(_states(path))
        if path.is_file():
            return cls(digest(path), states)
        total = hashlib.sha256()
        for name, *_ in states:
            total.update(f"{name}\0{digest(path / name)}\n".encode())
        return cls(total.hexdigest(), states)

    def of_today(self, path: Path) -> Fingerprint | None:
        """That of what lies at `path` now, which is read only where its states have changed.

        None where nothing lies there.
        """
        try:
            if tuple(_states(path)) == self.states:
                return self
            return Fingerprint.take(path)
        except OSError:
            return None


def _states(path: Path) -> Iterator[tuple[str, int, int, int]]:
    """Sorted by name; drafts, which begin with a dot, are no content."""
    if not path.is_dir():
        yield _state("", path)
        return
    files = []
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside = Path(folder).relative_to(path)
        files += [
            (inside / name).as_posix()
            for name in names
            if not name.startswith(".") and name != CARD
        ]
    for name in sorted(files):
        yield _state(name, path / name)


def _state(name: str, file: Path) -> tuple[str, int, int, int]:
    state = file.stat()
    return name, state.st_size, state.st_mtime_ns, state.st_ctime_ns
