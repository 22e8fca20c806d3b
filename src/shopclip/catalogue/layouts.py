"""Recognise the layout of a catalogue and open it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pandas as pd

from shopclip.errors import ShopclipError


class CatalogueError(ShopclipError):
    """A catalogue cannot be read at all; the message says where and what to do."""


class Catalogue(Protocol):
    """A product catalogue on disk.

    Attributes:
        path: its folder or file.
        synthetic: whether shopclip drew it itself.
    """

    path: Path
    synthetic: bool

    def rows(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The readable rows and the rejected ones.

        Readable rows have the columns of `columns.COLUMNS` as text (missing ones empty), `image`
        (what `images` takes) and `line` (where the row stands in its file). Rejected rows have
        `id`, `line`, `reason` and `detail`.
        """
        ...

    def images(self, references: Sequence[str]) -> Iterator[bytes]:
        """The encoded image of each reference, in their order; they are in the order of `rows`."""
        ...


def open_catalogue(path: str | Path) -> Catalogue:
    """Open a Kaggle folder, or a parquet file or folder in the hub layout.

    Raises:
        CatalogueError: there is nothing at `path`, or nothing that is a catalogue.
    """
    from shopclip.catalogue.hub_parquet import HubParquet
    from shopclip.catalogue.kaggle_folder import KaggleFolder

    path = Path(path)
    if not path.exists():
        raise CatalogueError(
            f"catalogue.path: {path} does not exist; give the folder or parquet file of a "
            "catalogue, or `sample` for the built-in one"
        )
    if path.is_file() and path.suffix == ".parquet":
        return HubParquet(path, [path])
    if (path / "styles.csv").is_file() and (path / "images").is_dir():
        return KaggleFolder(path)
    if path.is_dir() and (files := sorted(path.glob("*.parquet"))):
        return HubParquet(path, files)
    raise CatalogueError(
        f"catalogue.path: {path} is no catalogue; expected a folder with styles.csv and images/, "
        "a parquet file, or a folder of *.parquet files"
    )
