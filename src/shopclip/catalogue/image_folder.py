"""Images as files in the folder of a catalogue, and nowhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from shopclip.catalogue.rejected import Rejected

MAX_BYTES = 100 << 20  # of one file; a larger one is cut, and so found truncated
OUTSIDE = "image outside the catalogue"
# Reason and detail of a file, as far as they are the same for all.
FINE = "", ""
MISSING = "no image", "does not exist"
DEAD = "no image", "is a link to nothing"
LEAVES = OUTSIDE, "is a link that leaves the folder of the catalogue"

_DRIVE = re.compile(r"[A-Za-z]:")


class ImageFolder:
    """Finds images by their path relative to `root`, each a file of its own.

    Args:
        root: the folder of the catalogue.
        pattern: the path of a product's image where the table has no column for it, such as
            `images/{id}.jpg`.
    """

    files: tuple[Path, ...] = ()  # none holds many

    def __init__(self, root: Path, pattern: str | None = None) -> None:
        self._root = root
        self._real_root = os.path.realpath(root)
        self._pattern = pattern
        self._files: dict[str, dict[str, tuple[str, str]]] = {}

    def locate(self, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """See `Images.locate`."""
        rejected = Rejected()
        paths: list[str | None] = []
        for id_, line, image in zip(rows["id"], rows["line"], rows["image"], strict=True):
            path = image if self._pattern is None else self._pattern.format(id=id_.strip())
            path, reason, detail = self.find(path)
            if reason:
                rejected.add(id_, line, reason, detail)
            paths.append(None if reason else path)
        located = rows.assign(image=pd.Series(paths, index=rows.index, dtype="str"))
        if None in paths:
            located = located.dropna(subset="image", ignore_index=True)
        return located, rejected.table()

    def read(self, references: Sequence[str]) -> Iterator[bytes]:
        """See `Images.read`."""
        for reference in references:
            path, reason, _ = self.find(reference)
            yield b"" if reason else self._bytes(path)

    def find(self, reference: str) -> tuple[str, str, str]:
        """The path relative to the root, with the reason and the detail if it is of no use."""
        path = reference.strip().replace("\\", "/")
        if not path:
            return "", "no image", "the table names none"
        if "://" in path:
            return "", "no image", f"{path} is an address; expected a file in the catalogue"
        path = os.path.normpath(path)
        if path.startswith(("/", "../")) or path == ".." or _DRIVE.match(path):
            return "", OUTSIDE, f"{path} leaves the folder of the catalogue"
        folder, name = os.path.split(path)
        reason, detail = self._list(folder).get(name, MISSING)
        return ("", reason, f"{path} {detail}") if reason else (path, "", "")

    def _list(self, folder: str) -> dict[str, tuple[str, str]]:
        """The files and links of a folder, each with what is wrong with it, or nothing.

        Read once: asking the file system about every row would take longer than all the rest.
        """
        if folder not in self._files:
            self._files[folder] = self._scan(folder)
        return self._files[folder]

    def _scan(self, folder: str) -> dict[str, tuple[str, str]]:
        try:
            inside = self._is_inside(folder)
            with os.scandir(self._root / folder) as entries:
                return {entry.name: self._judge(folder, entry, inside) for entry in entries}
        except (OSError, ValueError):  # no such folder, or a name that no folder can have
            return {}

    def _judge(self, folder: str, entry: os.DirEntry[str], inside: bool) -> tuple[str, str]:
        """Reason and detail of why an entry is of no use, each empty where it is."""
        link = entry.is_symlink()
        if not inside or (link and not self._is_inside(f"{folder}/{entry.name}")):
            return LEAVES
        try:
            if entry.is_file():
                return FINE
            return DEAD if link and not Path(entry.path).exists() else MISSING
        except OSError as error:  # it leads to itself; the other files of the folder are fine
            return "no image", f"is a link that cannot be followed ({error.strerror})"

    def _is_inside(self, path: str) -> bool:
        real = os.path.realpath(self._root / path)
        return real == self._real_root or real.startswith(self._real_root.rstrip(os.sep) + os.sep)

    def _bytes(self, path: str) -> bytes:
        try:
            with (self._root / path).open("rb") as file:
                return file.read(MAX_BYTES)
        except OSError:
            return b""
