"""Whose the collections in a database are: those of a project's copy are not the project's."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from shopclip.dualencoder.atomic import atomic_file

FILE = "index_identity.json"  # beside the folder of the index, which every build replaces


@dataclass(frozen=True)
class Identity:
    """A random name of the place in which an index is built again and again.

    Attributes:
        name: part of the names of its collections.
        place: tells this folder from a copy, without saying where it is.
        exported: collections that an export answers from, and that stay when they are replaced.
    """

    name: str
    place: str
    exported: tuple[str, ...] = ()

    @classmethod
    def of(cls, index: Path) -> Identity:
        """That of the folder of an index; a new one where there is none, or it was copied.

        A folder that was moved counts as a copy: nobody knows whether another stayed behind.
        """
        index.parent.mkdir(parents=True, exist_ok=True)
        place = _place(index.parent)
        try:
            known = json.loads((index.parent / FILE).read_text("utf-8"))
            identity = cls(known["name"], known["place"], tuple(known["exported"]))
        except (OSError, ValueError, KeyError, TypeError):
            identity = None
        if identity is None or identity.place != place:
            identity = cls(uuid4().hex, place)
            identity._write(index)
        return identity

    def export(self, index: Path, collections: tuple[str, ...]) -> None:
        """Remember that these collections are needed by more than this index."""
        named = tuple(sorted({*self.exported, *collections}))
        Identity(self.name, self.place, named)._write(index)

    def _write(self, index: Path) -> None:
        with atomic_file(index.parent / FILE) as draft:
            draft.write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")


def _place(folder: Path) -> str:
    """Of the path and of what the disk calls the folder, which no copy shares both of."""
    told = f"{folder.resolve()}:{folder.stat().st_ino}"
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()
