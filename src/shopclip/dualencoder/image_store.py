"""Decoded images in one memory-mapped uint8 array, written once, read by row."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from shopclip.dualencoder.formats import other_format
from shopclip.errors import ShopclipError

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
            facts = json.loads((folder / "image_store.json").read_text())
            what, again = f"{folder}: an image store", f"make it anew: {_PREPROCESS}"
            if told := other_format(what, facts["format"], FORMAT, again):
                raise ImageStoreError(told)
            images = np.load(folder / "images.npy", mmap_mode="r", allow_pickle=False)
            ids = pd.read_parquet(folder / "ids.parquet")["id"].astype("str")
            rejections = pd.read_parquet(folder / "rejections.parquet")
            counted = [facts["images"], len(images), len(ids)]
            fingerprint, source = facts["fingerprint"], facts["source"]
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise ImageStoreError(
                f"{folder}: no complete image store here ({error}); make it with: {_PREPROCESS}"
            ) from error
        if len(set(counted)) > 1:
            raise ImageStoreError(
                f"{folder}: announces {counted[0]} images, holds {counted[1]} and {counted[2]} "
                f"ids; make it anew: {_PREPROCESS}"
            )
        return cls(images, ids, rejections, fingerprint, source)
