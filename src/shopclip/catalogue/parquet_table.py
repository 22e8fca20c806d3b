"""The table of a catalogue as parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shopclip.catalogue.columns import ATTRIBUTES, CAPTION, name_columns
from shopclip.catalogue.errors import CatalogueError
from shopclip.catalogue.rejected import Rejected


class ParquetTable:
    """One or more parquet files that together are one table.

    Args:
        files: the files by name, as references shall call them.
        columns: their own names of id, caption, image and attributes, where they differ.

    Raises:
        CatalogueError: one cannot be read or lacks a column, or they keep images differently.
    """

    def __init__(self, files: Mapping[str, Path], columns: Mapping[str, str]) -> None:
        self._files = files
        self.files = tuple(files.values())
        self._columns: dict[str, dict[str, str]] = {}
        leaves: dict[str, str | None] = {}
        for name, file in files.items():
            schema = read_schema(file)
            self._columns[name] = name_columns(columns, schema.names, file)
            leaves[name] = image_leaf(file, schema, self._columns[name]["image"])
        if len(set(leaves.values())) > 1:
            raise CatalogueError(
                "catalogue.path: its parquet files keep images in different ways "
                f"({', '.join(f'{name}: {leaf}' for name, leaf in leaves.items())}); "
                "expected one way, so give catalogue.path one of them"
            )
        self.image_leaf = next(iter(leaves.values()))

    def read(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """See `Table.read`. An image that is bytes gets the reference `name of the file#row`."""
        tables = [self._read(name) for name in self._files]
        return pd.concat(tables, ignore_index=True), Rejected().table()

    def _read(self, name: str) -> pd.DataFrame:
        file, names = self._files[name], self._columns[name]
        keys = [key for key in names if key != "image" or self.image_leaf is None]
        table = read_columns(file, [names[key] for key in keys])
        text = {key: _text(file, names[key], table[names[key]]) for key in keys}
        empty = pa.chunked_array([pa.repeat("", table.num_rows)])
        frame = pa.table(
            {
                **{key: text.get(key, empty) for key in ("id", *ATTRIBUTES)},
                CAPTION: text["caption"],
                "image": text.get("image", empty),
            }
        ).to_pandas()
        frame = frame.astype("str").assign(line=range(len(frame)))
        if self.image_leaf is not None:
            frame["image"] = f"{name}#" + frame["line"].astype("str")
        return frame


def read_schema(file: Path) -> pa.Schema:
    try:
        return pq.read_schema(file)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise CatalogueError(f"{file}: not a readable parquet file ({error})") from error


def read_columns(file: Path, columns: Sequence[str]) -> pa.Table:
    """Some columns of a file.

    Raises:
        CatalogueError: the file is broken.
    """
    try:
        return pq.read_table(file, columns=list(dict.fromkeys(columns)), partitioning=None)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise CatalogueError(f"{file}: not a readable parquet file ({error})") from error


def image_leaf(file: Path, schema: pa.Schema, column: str) -> str | None:
    """The column of image bytes; None where images are paths.

    Raises:
        CatalogueError: the column is neither.
    """
    kind = schema.field(column).type
    if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        return f"{column}.bytes"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return column
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_string(value) or pa.types.is_large_string(value):
        return None
    raise CatalogueError(
        f"{file}: column {column} is {kind}; expected image bytes, a struct with bytes, or paths"
    )


def _text(file: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        text = column.cast(pa.string()).fill_null("")
        text.validate(full=True)  # bytes that are no UTF-8 would raise anywhere later
        return text
    except pa.ArrowException as error:
        raise CatalogueError(
            f"{file}: column {name} is {column.type}; expected text or numbers ({error})"
        ) from error
