"""Decoded images in one memory-mapped uint8 array, written once, read by row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from shopclip.dualencoder.atomic import atomic_folder
from shopclip.errors import ShopclipError

FORMAT = 1


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
    """

    size: tuple[int, int]
    images: Iterable[tuple[str, np.ndarray | Rejection]]


@dataclass(frozen=True)
class ImageStore:
    """`images.npy`, the ids of its rows, and the images that could not be stored.

    Attributes:
        images: uint8 (n, height, width, 3), memory-mapped.
        ids: product id of each row.
        rejections: product id → why its image is missing.
        fingerprint: SHA-256 over ids and pixels, hexadecimal.
    """

    images: np.ndarray
    ids: tuple[str, ...]
    rejections: dict[str, Rejection]
    fingerprint: str

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def load(cls, folder: Path) -> ImageStore:
        """Open a store.

        Raises:
            ImageStoreError: it is missing, or its array does not match its description.
        """
        try:
            facts = json.loads((folder / "image_store.json").read_text())
            images = np.load(folder / "images.npy", mmap_mode="r")
        except (OSError, ValueError) as error:
            raise ImageStoreError(
                f"{folder}: no complete image store here ({error}); "
                "make it with: kedro run --pipelines preprocessing"
            ) from error
        if facts["format"] != FORMAT or len(images) != len(facts["ids"]):
            raise ImageStoreError(
                f"{folder}: holds {len(images)} images of format {facts['format']}, expected "
                f"{len(facts['ids'])} of format {FORMAT}; delete it and run preprocessing again"
            )
        rejections = {id_: Rejection(**why) for id_, why in facts["rejections"].items()}
        return cls(images, tuple(facts["ids"]), rejections, facts["fingerprint"])


def write_image_store(folder: Path, stream: ImageStream) -> None:
    """Write a stream into a store, which takes the place of an older one only when complete."""
    ids: list[str] = []
    rejections: dict[str, Rejection] = {}
    digest = hashlib.sha256()
    with atomic_folder(folder) as draft:
        with (draft / "images.npy").open("wb") as array:
            _write_header(array, 0, stream.size)
            for id_, image in stream.images:
                if isinstance(image, Rejection):
                    rejections[id_] = image
                    continue
                pixels = image.tobytes()
                array.write(pixels)
                digest.update(id_.encode() + b"\0" + pixels)
                ids.append(id_)
            array.seek(0)
            _write_header(array, len(ids), stream.size)
        facts = {
            "format": FORMAT,
            "fingerprint": digest.hexdigest(),
            "ids": ids,
            "rejections": {id_: vars(why) for id_, why in rejections.items()},
        }
        (draft / "image_store.json").write_text(json.dumps(facts))


def _write_header(array: BinaryIO, count: int, size: tuple[int, int]) -> None:
    """numpy leaves room in the header for the first axis to grow, so it can be written again."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (count, *size, 3)}
    np.lib.format.write_array_header_1_0(array, header)
