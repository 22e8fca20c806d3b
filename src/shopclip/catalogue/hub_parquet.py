"""The layout of the Hugging Face hub: parquet with an `image` struct that holds `bytes`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shopclip.catalogue.columns import CAPTION, COLUMNS
from shopclip.catalogue.layouts import CatalogueError

BATCH = 1024


class HubParquet:
    """One or more parquet files that together are one table."""

    synthetic = False

    def __init__(self, path: Path, files: list[Path]) -> None:
        self.path = path
        self.files = {file.name: file for file in files}

    def rows(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """See `Catalogue.rows`."""
        tables = [self._table(file) for file in self.files.values()]
        rejected = pd.DataFrame(columns=["id", "line", "reason", "detail"])
        return pd.concat(tables, ignore_index=True), rejected

    def images(self, references: Sequence[str]) -> Iterator[bytes]:
        """See `Catalogue.images`. Row batches are read one by one, so memory stays flat."""
        for name, group in groupby(references, key=lambda reference: reference.rpartition("#")[0]):
            wanted = [int(reference.rpartition("#")[2]) for reference in group]
            yield from _image_bytes(self.files[name], wanted)

    def _table(self, file: Path) -> pd.DataFrame:
        try:
            schema = pq.read_schema(file)
            self._check_schema(file, schema)
            columns = [column for column in COLUMNS if column in schema.names]
            table = pq.read_table(file, columns=columns).to_pandas()
        except (pa.ArrowInvalid, OSError) as error:
            raise CatalogueError(f"{file}: not a readable parquet file ({error})") from error
        text = table.astype("string").fillna("").reindex(columns=list(COLUMNS), fill_value="")
        return text.astype("str").assign(
            image=[f"{file.name}#{row}" for row in range(len(text))], line=range(len(text))
        )

    def _check_schema(self, file: Path, schema: pa.Schema) -> None:
        missing = [column for column in ("id", CAPTION, "image") if column not in schema.names]
        if missing:
            raise CatalogueError(
                f"{file}: column {', '.join(missing)} is missing; expected id, {CAPTION}, image"
                f" and found {', '.join(schema.names)}"
            )
        image = schema.field("image").type
        if not (pa.types.is_struct(image) and image.get_field_index("bytes") >= 0):
            raise CatalogueError(f"{file}: column image is {image}, expected a struct with bytes")


def _image_bytes(file: Path, wanted: list[int]) -> Iterator[bytes]:
    """The `bytes` of ascending rows of a file; a missing image is an empty one."""
    remaining = iter(wanted)
    row = next(remaining, None)
    start = 0
    with pq.ParquetFile(file) as parquet:
        for batch in parquet.iter_batches(BATCH, columns=["image.bytes"]):
            images = batch.column(0).field("bytes")
            while row is not None and row < start + len(images):
                yield images[row - start].as_py() or b""
                row = next(remaining, None)
            start += len(images)
            if row is None:
                return
