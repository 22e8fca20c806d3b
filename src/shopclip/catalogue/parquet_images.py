"""Images as bytes in parquet, read in the order of their rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shopclip.catalogue.columns import CatalogueError
from shopclip.catalogue.parquet_table import image_leaf, read_columns, read_schema, reading
from shopclip.catalogue.rejected import Rejected

BATCH_BYTES = 16 << 20  # of images decompressed at a time
BATCH_ROWS = 1024


class ParquetImages:
    """Finds images by `name of the file#row`.

    Args:
        files: the files by name.
        leaf: the column of bytes, such as `image.bytes`.
    """

    def __init__(self, files: Mapping[str, Path], leaf: str) -> None:
        self._files = files
        self.files = tuple(files.values())
        self._leaf = leaf

    def locate(self, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """See `Images.locate`: the rows come from the same files, so they know."""
        return rows, Rejected().table()

    def read(self, references: Sequence[str]) -> Iterator[bytes]:
        """See `Images.read`. Row batches are read one by one, so that memory stays flat."""
        name, scan = "", None
        for reference in references:
            file, _, row = reference.rpartition("#")
            if scan is None or file != name or int(row) < scan.start:
                name, scan = file, _Scan(self._files[file], self._leaf)
            yield scan.image(int(row))


class ParquetImagesById(ParquetImages):
    """Finds images by the id of their product, for a table that is not in the same files.

    Raises:
        CatalogueError: the files have no `id` or no image bytes.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._ids: dict[str, tuple[int, str]] = {}
        leaves: set[str] = set()
        for name, file in files.items():
            schema = read_schema(file)
            missing = {"id", "image"} - set(schema.names)
            leaf = None if missing else image_leaf(file, schema, "image")
            leaves |= {leaf} if leaf else set()
            if leaf is None or len(leaves) > 1:
                raise CatalogueError(
                    f"{file}: expected columns id and image with image bytes, in the same form in "
                    "all parquet files beside the table"
                )
            ids = read_columns(file, ["id"])["id"].cast(pa.string()).to_pylist()
            for row, id_ in enumerate(ids):
                self._ids.setdefault(id_, (len(self._ids), f"{name}#{row}"))
        super().__init__(files, leaves.pop())

    def locate(self, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """See `Images.locate`; the rows come in the order of the images, to read them once."""
        positions = [self._ids.get(id_.strip()) for id_ in rows["id"]]
        rejected = Rejected()
        for id_, line, position in zip(rows["id"], rows["line"], positions, strict=True):
            if position is None:
                rejected.add(id_, line, "no image", "no parquet file has one of this id")
        indexed = sorted((*p, index) for index, p in enumerate(positions) if p)
        order = [index for _, _, index in indexed]
        references = [reference for _, reference, _ in indexed]
        located = rows.iloc[order].assign(image=pd.array(references, dtype="str"))
        return located.reset_index(drop=True), rejected.table()


class _Scan:
    """One pass over the images of a file, forwards only."""

    def __init__(self, file: Path, leaf: str) -> None:
        self.start = 0
        self._file = file
        self._images: pa.Array = pa.array([], pa.binary())
        self._batches = self._scan(leaf)

    def image(self, row: int) -> bytes:
        """The bytes of a row, not before that of the last call; a missing image is empty."""
        with reading(self._file):
            while row >= self.start + len(self._images):
                self.start += len(self._images)
                if (images := next(self._batches, None)) is None:
                    return b""
                self._images = images
        return self._images[row - self.start].as_py() or b""

    def _scan(self, leaf: str) -> Iterator[pa.Array]:
        with pq.ParquetFile(self._file, buffer_size=1 << 20) as parquet:
            rows = _batch_rows(parquet.metadata, leaf)
            for batch in parquet.iter_batches(rows, columns=[leaf]):
                column = batch.column(0)
                yield column.field("bytes") if pa.types.is_struct(column.type) else column


def _batch_rows(metadata: pq.FileMetaData, leaf: str) -> int:
    """So many rows that a batch of images has about `BATCH_BYTES`."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    columns = [group.column(number) for group in groups for number in range(group.num_columns)]
    size = sum(one.total_uncompressed_size for one in columns if one.path_in_schema == leaf)
    return max(1, min(BATCH_ROWS, BATCH_BYTES * metadata.num_rows // max(size, 1)))
