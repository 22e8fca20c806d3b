"""Write an image store from a stream, in memory that does not grow with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shopclip.dualencoder.atomic import atomic_folder
from shopclip.dualencoder.image_store import FORMAT, ImageStream, Rejection

ROWS = 65_536  # rows of a table held in memory before they are written


def write_image_store(folder: Path, stream: ImageStream) -> None:
    """Write a stream into a store, which takes the place of an older one only when complete.

    It is `images.npy`, `ids.parquet`, `rejections.parquet`, and `image_store.json`, which says
    what the others hold.
    """
    count = 0
    digest = hashlib.sha256()
    with atomic_folder(folder) as draft:
        with (
            (draft / "images.npy").open("wb") as array,
            _Table(draft / "ids.parquet", ["id"]) as ids,
            _Table(draft / "rejections.parquet", ["id", "reason", "detail"]) as rejections,
        ):
            _write_header(array, 0, stream.size)
            for id_, image in stream.images:
                if isinstance(image, Rejection):
                    rejections.add((id_, image.reason, image.detail))
                    continue
                pixels = image.tobytes()
                array.write(pixels)
                digest.update(id_.encode() + b"\0" + pixels)
                ids.add((id_,))
                count += 1
            array.seek(0)
            _write_header(array, count, stream.size)
        facts = {
            "format": FORMAT,
            "images": count,
            "fingerprint": digest.hexdigest(),
            "source": stream.source,
        }
        (draft / "image_store.json").write_text(json.dumps(facts))


class _Table:
    """A parquet file of text columns that is written a few rows at a time."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._schema = pa.schema([(column, pa.string()) for column in columns])
        self._writer = pq.ParquetWriter(path, self._schema)
        self._rows: list[tuple[str, ...]] = []

    def add(self, row: tuple[str, ...]) -> None:
        self._rows.append(row)
        if len(self._rows) >= ROWS:
            self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        columns = list(zip(*self._rows, strict=True)) or [()] * len(self._schema)
        self._writer.write_table(
            pa.table([pa.array(c, pa.string()) for c in columns], self._schema)
        )
        self._rows = []


def _write_header(array: BinaryIO, count: int, size: tuple[int, int]) -> None:
    """numpy leaves room in the header for the first axis to grow, so it can be written again."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (count, *size, 3)}
    np.lib.format.write_array_header_1_0(array, header)
