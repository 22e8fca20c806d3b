"""What a folder says of itself: its format, and digests of its files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path


def other_format(what: str, version: object, expected: int, remedy: str) -> str | None:
    """What is wrong and what to do; None if the format is the expected one.

    Args:
        what: the place and what is there, such as `data/06_models/a: a checkpoint`.
        remedy: how to make it again.
    """
    if version == expected:
        return None
    newer = isinstance(version, int) and version > expected
    return (
        f"{what} of format {version}, this version reads {expected}; "
        f"{'upgrade shopclip, or ' if newer else ''}{remedy}"
    )


def digest(file: Path) -> str:
    """Of a file's content, hexadecimal; about 1.8 GB/s."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Of every file in a folder and below it, by its path in the folder."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): digest(file) for file in files}


def check_digests(folder: Path, listed: Mapping[str, str]) -> None:
    """Raises:
    FileNotFoundError, ValueError: one of the files is missing, or is not the one that was listed.
    """
    for name, saved in listed.items():
        if digest(folder / name) != saved:
            raise ValueError(f"{name} is not the file that was saved")
