"""From what the user calls a catalogue to where it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shopclip.catalogue.errors import CatalogueError
from shopclip.catalogue.hub import DATASET_ID, download

SAMPLE = "sample"


@dataclass(frozen=True)
class Place:
    """Where a catalogue lies on this machine.

    Attributes:
        name: what the report calls it.
        path: its absolute path, or `sample` for the built-in one.
        columns: its own names of id, caption, image and attributes, where they differ.
    """

    name: str
    path: str
    columns: Mapping[str, str] = field(default_factory=dict)


def find_place(path: str, columns: Mapping[str, str]) -> Place:
    """Find a catalogue on disk; a data set of the hub is downloaded if it is not there yet.

    Args:
        path: `catalogue.path`: a folder, a file, `owner/name` on the hub, or `sample`.
        columns: `catalogue.columns`.

    Raises:
        CatalogueError: there is nothing of this name, or it cannot be downloaded.
    """
    if path == SAMPLE:
        return Place(SAMPLE, SAMPLE, columns)
    local = Path(path).expanduser().absolute()
    if local.exists():
        return Place(local.name, str(local), columns)
    if DATASET_ID.fullmatch(path):
        return Place(path, str(download(path)), columns)
    raise CatalogueError(
        f"catalogue.path: {path} does not exist; give the folder, CSV file or parquet file of a "
        "catalogue, the id of a data set on the Hugging Face hub (owner/name), or `sample` for "
        "the built-in one"
    )
