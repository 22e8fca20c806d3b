"""The table of a catalogue as parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from shopclip.catalogue.columns import ATTRIBUTES, CAPTION, CatalogueError, name_columns
from shopclip.catalogue.rejected import Rejected


class ParquetTable:
    """One or more parquet files that together are one table.

    Args:
        files: the files by name, as references shall call them.
        columns: their own names of id, caption, image and attributes, where they differ.

    Folders called `column=value`, as Hive, Spark and Arrow write them, give their rows that column.

    Raises:
        CatalogueError: one cannot be read or lacks a column, or they keep images differently.
    """

    def __init__(self, files: Mapping[str, Path], columns: Mapping[str, str]) -> None:
        self._files = files
        self.files = tuple(files.values())
        self._columns: dict[str, dict[str, str]] = {}
        self._partitions: dict[str, dict[str, str]] = {}
        leaves: dict[str, str | None] = {}
        for name, file in files.items():
            schema = read_schema(file)
            self._partitions[name] = _partition(name, schema)
            for column in self._partitions[name]:
                schema = schema.append(pa.field(column, pa.string()))
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
        """See `Table.read`. An image that is bytes gets the reference `name of the file#row`.

        Rows whose text is no UTF-8 are rejected; NUL characters are dropped, as those of a CSV.
        """
        rejected = Rejected()
        tables = [self._read(name, rejected) for name in self._files]
        return pd.concat(tables, ignore_index=True), rejected.table()

    def _read(self, name: str, rejected: Rejected) -> pd.DataFrame:
        file, names, partition = self._files[name], self._columns[name], self._partitions[name]
        keys = [key for key in names if key != "image" or self.image_leaf is None]
        inside = [key for key in keys if names[key] not in partition]
        table = read_columns(file, [names[key] for key in inside])
        damaged: dict[int, str] = {}
        text = {key: _text(file, names[key], table[names[key]], damaged) for key in inside}
        for key in set(keys) - set(inside):
            text[key] = _repeated(partition[names[key]], table.num_rows)
        empty = _repeated("", table.num_rows)
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
        for line, column in sorted(damaged.items()):
            rejected.add(frame["id"][line], line, "no UTF-8", f"{column} holds bytes that are none")
        return frame.drop(index=list(damaged)) if damaged else frame


def _partition(name: str, schema: pa.Schema) -> dict[str, str]:
    """What the folders of a file say of all its rows, but for columns that it has itself."""
    folders = [folder for folder in name.split("/")[:-1] if "=" in folder]
    columns = dict.fromkeys(folder.partition("=")[0] for folder in folders)
    fields = [pa.field(column, pa.string()) for column in columns if column not in schema.names]
    hive = ds.partitioning(pa.schema(fields), flavor="hive")
    values = ds.get_partition_keys(hive.parse("/".join((*folders, "file"))))
    return {field.name: values.get(field.name) or "" for field in fields}


def _repeated(value: str, count: int) -> pa.ChunkedArray:
    return pa.chunked_array([pa.repeat(value, count)])


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Raise CatalogueError for a file that turns out to be broken."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise CatalogueError(f"{file}: not a readable parquet file ({error})") from error


def read_schema(file: Path) -> pa.Schema:
    with reading(file):
        return pq.read_schema(file)


def read_columns(file: Path, columns: Sequence[str]) -> pa.Table:
    with reading(file):
        return pq.read_table(file, columns=list(dict.fromkeys(columns)), partitioning=None)


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


def _text(
    file: Path, name: str, column: pa.ChunkedArray, damaged: dict[int, str]
) -> pa.ChunkedArray:
    """The column as text, nulls empty; rows that are none go to `damaged`, with the column."""
    try:
        text = column.cast(pa.string()).fill_null("")
        try:
            text.validate(full=True)  # bytes that are no UTF-8 would raise anywhere later
        except pa.ArrowInvalid:
            text = _replace_undecodable(name, text, damaged)
        return pc.replace_substring(text, "\0", "")
    except pa.ArrowException as error:
        raise CatalogueError(
            f"{file}: column {name} is {column.type}; expected text or numbers ({error})"
        ) from error


def _replace_undecodable(
    name: str, text: pa.ChunkedArray, damaged: dict[int, str]
) -> pa.ChunkedArray:
    decoded = []
    for row, value in enumerate(text.cast(pa.binary()).to_pylist()):
        try:
            decoded.append(value.decode())
        except UnicodeDecodeError:  # a lone surrogate, or another encoding
            decoded.append(value.decode("utf-8", "replace"))
            damaged.setdefault(row, name)
    return pa.chunked_array([pa.array(decoded, pa.string())])
