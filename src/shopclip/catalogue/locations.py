"""The location of a catalogue, from what the user calls it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shopclip.catalogue.columns import CatalogueError
from shopclip.catalogue.hub import DATASET_ID, download

SAMPLE = "sample"
MAX_SHOWN = 200  # characters of a path that a message repeats


@dataclass(frozen=True)
class CatalogueLocation:
    """Where a catalogue lies on this machine.

    Attributes:
        name: what the report calls it.
        path: its absolute path, or `sample` for the built-in one.
        columns: its own names of id, caption, image and attributes, where they differ.
    """

    name: str
    path: str
    columns: Mapping[str, str] = field(default_factory=dict)


def find_location(path: str, columns: Mapping[str, str]) -> CatalogueLocation:
    """Find a catalogue on disk; a data set of the hub is downloaded if it is not there yet.

    Args:
        path: `catalogue.path`: a folder, a file, `owner/name` on the hub, or `sample`.
        columns: `catalogue.columns`.

    Raises:
        CatalogueError: there is nothing of this name, or it may not be read or downloaded.
    """
    if path == SAMPLE:
        return CatalogueLocation(SAMPLE, SAMPLE, columns)
    if (local := on_disk(path)) is not None:
        return CatalogueLocation(local.name, str(local), columns)
    return CatalogueLocation(path, str(download(path)), columns)


def on_disk(path: str) -> Path | None:
    """The file or folder of `catalogue.path`; None where that is to be downloaded, or drawn.

    Raises:
        CatalogueError: there is nothing of this name, or it may not be read.
    """
    if path == SAMPLE:
        return None
    shown = path if len(path) <= MAX_SHOWN else f"{path[:MAX_SHOWN]}…"
    try:
        local = Path(path).expanduser().absolute()
        local.stat()
    except FileNotFoundError as error:
        if DATASET_ID.fullmatch(path):
            return None
        raise missing(shown) from error
    except NotADirectoryError as error:
        raise missing(shown) from error
    except OSError as error:
        raise CatalogueError(f"catalogue.path: {shown}: {error.strerror}") from error
    except (RuntimeError, ValueError) as error:  # ~ of nobody; a character that no path has
        raise CatalogueError(f"catalogue.path: {shown!r} is no path ({error})") from error
    if not os.access(local, os.R_OK | (os.X_OK if local.is_dir() else 0)):
        raise CatalogueError(
            f"catalogue.path: {local} cannot be read: Permission denied; make it readable for you"
        )
    return local


def missing(shown: str) -> CatalogueError:
    return CatalogueError(
        f"catalogue.path: {shown} does not exist; give the folder, CSV file or parquet file of a "
        "catalogue, the id of a data set on the Hugging Face hub (owner/name), or `sample` for "
        "the built-in one"
    )
