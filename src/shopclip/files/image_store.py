"""The decoded images of a catalogue: one memory-mapped uint8 array, and what writes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shopclip.errors import ShopclipError
from shopclip.files.atomic import atomic_folder
from shopclip.files.integrity import other_format

FORMAT = 2
_PREPROCESS = "kedro run --pipelines preprocessing"


class ImageStoreError(ShopclipError):
    """A folder does not hold a complete image store."""


@dataclass(frozen=True)
class Rejection:
    """Why an image is not in the store."""

    reason: str
    detail: str


@dataclass(frozen=True)
class ImageStream:
    """Decoded images on their way into a store.

    Attributes:
        size: height and width in pixels.
        images: product id with a uint8 (*size, 3) image, or with the reason why there is none.
        source: what the images are made from, in a few characters; two streams with one source
            yield the same images. None where that is not known.
    """

    size: tuple[int, int]
    images: Iterable[tuple[str, np.ndarray | Rejection]]
    source: str | None = None


@dataclass(frozen=True)
class ImageStore:
    """Images by row, the ids of the rows, and what could not be stored.

    Attributes:
        images: uint8 (n, height, width, 3), memory-mapped.
        ids: str (n,), product id of each row.
        rejections: products without an image: `id`, `reason`, `detail`.
        fingerprint: SHA-256 over ids and pixels, hexadecimal.
        source: that of the stream it was written from.
    """

    images: np.ndarray
    ids: pd.Series[str]
    rejections: pd.DataFrame
    fingerprint: str
    source: str | None = None

    def __len__(self) -> int:
        return len(self.images)

    @classmethod
    def load(cls, folder: Path) -> ImageStore:
        """Open a store.

        Raises:
            ImageStoreError: it is missing, of another format, or its parts do not match.
        """
        try:
            manifest = json.loads((folder / "image_store.json").read_text())
            what, again = f"{folder}: an image store", f"make it again: {_PREPROCESS}"
            if problem := other_format(what, manifest["format"], FORMAT, again):
                raise ImageStoreError(problem)
            images = np.load(folder / "images.npy", mmap_mode="r", allow_pickle=False)
            ids = pd.read_parquet(folder / "ids.parquet")["id"].astype("str")
            rejections = pd.read_parquet(folder / "rejections.parquet")
            counted = [manifest["images"], len(images), len(ids)]
            fingerprint, source = manifest["fingerprint"], manifest["source"]
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise ImageStoreError(
                f"{folder}: no complete image store here ({error}); make it with: {_PREPROCESS}"
            ) from error
        if len(set(counted)) > 1:
            raise ImageStoreError(
                f"{folder}: announces {counted[0]} images, holds {counted[1]} and {counted[2]} "
                f"ids; make it again: {_PREPROCESS}"
            )
        return cls(images, ids, rejections, fingerprint, source)


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
        manifest = {
            "format": FORMAT,
            "images": count,
            "fingerprint": digest.hexdigest(),
            "source": stream.source,
        }
        (draft / "image_store.json").write_text(json.dumps(manifest))


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
