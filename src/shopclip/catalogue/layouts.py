"""The layouts of a catalogue: its table and its images, each of a few kinds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from shopclip.catalogue.columns import CatalogueError
from shopclip.catalogue.csv_table import CsvTable
from shopclip.catalogue.image_folder import ImageFolder
from shopclip.catalogue.locations import missing
from shopclip.catalogue.parquet_images import ParquetImages, ParquetImagesById
from shopclip.catalogue.parquet_table import ParquetTable

README = "README.txt"
CSV = (".csv", ".tsv")
PARQUET = (".parquet",)


class Table(Protocol):
    """The rows of a catalogue."""

    @property
    def files(self) -> Sequence[Path]:
        """What it is read from."""
        ...

    def read(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The readable rows and the rejected ones.

        Readable rows have the columns of `columns.COLUMNS` as text (missing ones empty), `image`
        (what the table says of it) and `line` (where the row stands in its file). Rejected rows
        have `id`, `line`, `reason` and `detail`.
        """
        ...


class Images(Protocol):
    """The images of a catalogue."""

    @property
    def files(self) -> Sequence[Path]:
        """Those that hold many images, which are found by their place in the file."""
        ...

    def locate(self, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The rows that have an image, `image` being what `read` takes; and the rejected ones."""
        ...

    def read(self, references: Sequence[str]) -> Iterator[bytes]:
        """The encoded image of each reference, in their order; fast in the order of `locate`.

        One that has gone meanwhile is empty.
        """
        ...


@dataclass(frozen=True)
class Catalogue:
    """A product catalogue on disk.

    Attributes:
        path: its folder or file.
        table: its rows.
        images: its images.
        name: what the report calls it.
        synthetic: whether shopclip drew it itself.
    """

    path: Path
    table: Table
    images: Images
    name: str
    synthetic: bool = False

    def rows(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The rows with an image, see `Table.read` and `Images.locate`; and the rejected ones."""
        readable, rejected = self.table.read()
        located, imageless = self.images.locate(readable)
        return located, pd.concat([rejected, imageless], ignore_index=True)

    def read_images(self, references: Sequence[str]) -> Iterator[bytes]:
        """The encoded image of each reference, see `Images.read`."""
        return self.images.read(references)

    def fingerprint(self) -> str:
        """Of the table, and of the files whose order the references rely on.

        SHA-256, hexadecimal; an image that is a file of its own may change.
        """
        total = hashlib.sha256()
        for file in dict.fromkeys([*self.table.files, *self.images.files]):
            with file.open("rb") as content:
                total.update(hashlib.file_digest(content, "sha256").digest())
        return total.hexdigest()


def open_catalogue(path: str | Path, columns: Mapping[str, str] | None = None) -> Catalogue:
    """Open a catalogue in any of the layouts that docs/how-to/bring-your-own-shop.md lists.

    Args:
        path: its folder, CSV file or parquet file.
        columns: its own names of id, caption, image and attributes, where they differ.

    Raises:
        CatalogueError: there is nothing at `path`, or nothing that is a catalogue.
    """
    try:
        return _recognize(Path(path), columns or {})
    except OSError as error:
        raise CatalogueError(
            f"{error.filename or path}: cannot be read ({error.strerror or error})"
        ) from error


def _recognize(path: Path, columns: Mapping[str, str]) -> Catalogue:
    if not path.exists():
        raise missing(str(path))
    if path.is_file() and path.suffix.lower() in CSV:
        return _csv(path, path, columns)
    if path.is_file() and path.suffix.lower() in PARQUET:
        return _parquet(path, [path], columns)
    if (path / "styles.csv").is_file():
        return _csv(path, path / "styles.csv", columns)
    tables, files = _files(path, CSV), _parquet_files(path)
    if files and not tables:
        return _parquet(path, files, columns)
    if len(tables) == 1 and not files:
        return _csv(path, tables[0], columns)
    names = ", ".join(file.name for file in [*tables, *files][:6])
    raise CatalogueError(
        f"catalogue.path: {path} is no catalogue"
        + (f" but has {names}, so say which one is its table" if names else "")
        + "; expected a folder with styles.csv and images/, one with a single CSV file, one of "
        "*.parquet files, or one CSV or parquet file"
    )


def _files(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    return [file for file in entries if file.suffix.lower() in suffixes and file.is_file()]


def _parquet_files(folder: Path) -> list[Path]:
    """Those of the folder, or of the folders below it, as the hub has them."""
    return _files(folder, PARQUET) or sorted(folder.glob("*/**/*.parquet"))


def _by_relative_path(folder: Path, files: Sequence[Path]) -> dict[str, Path]:
    return {file.relative_to(folder).as_posix(): file for file in files}


def _parquet(path: Path, files: Sequence[Path], columns: Mapping[str, str]) -> Catalogue:
    folder = path if path.is_dir() else path.parent
    files_by_name = _by_relative_path(folder, files)
    table = ParquetTable(files_by_name, columns)
    if table.image_leaf is None:
        return Catalogue(path, table, ImageFolder(folder), path.name)
    return Catalogue(path, table, ParquetImages(files_by_name, table.image_leaf), path.name)


def _csv(path: Path, file: Path, columns: Mapping[str, str]) -> Catalogue:
    table, folder = CsvTable(file, columns), file.parent
    readme = folder / README
    synthetic = readme.is_file() and "synthetic" in readme.read_text("utf-8", "replace")
    images: Images
    if table.has_images:
        images = ImageFolder(folder)
    elif (folder / "images").is_dir():
        images = ImageFolder(folder, "images/{id}.jpg")
    elif files := _parquet_files(folder):
        images = ParquetImagesById(_by_relative_path(folder, files))
    else:
        raise CatalogueError(
            f"{file}: says nothing of images; expected a column of relative paths (name it "
            "with catalogue.columns, such as {image: photo}), images/<id>.jpg, or parquet files "
            "with image bytes beside it"
        )
    return Catalogue(path, table, images, path.name, synthetic)
