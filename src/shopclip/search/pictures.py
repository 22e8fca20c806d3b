"""Pictures that people bring, and those of the catalogue on their way out."""

from __future__ import annotations

import io
from pathlib import Path
from threading import BoundedSemaphore

import numpy as np
from PIL import Image, UnidentifiedImageError

from shopclip.catalogue.decode import (
    FORMATS,
    ExcessiveEffortError,
    UnreadableImageError,
    decode,
    opened,
)
from shopclip.search.errors import MAX_BYTES, MAX_PIXELS, QueryError

Picture = bytes | str | Path | np.ndarray

_decoding = BoundedSemaphore(2)  # so that many large uploads at once do not fill the memory


def read_picture(picture: Picture, size: tuple[int, int]) -> np.ndarray:
    """Decode a picture as those of the catalogue were.

    Args:
        picture: the bytes of a file, the path of one, or uint8 (height, width, 3).
        size: height and width in pixels of the image store.

    Returns:
        uint8 (*size, 3).

    Raises:
        QueryError: it is no picture, or larger than the limits.
    """
    if isinstance(picture, np.ndarray):
        return _resized(picture, size)
    encoded = picture if isinstance(picture, bytes) else _read(Path(picture))
    if len(encoded) > MAX_BYTES:
        raise QueryError(
            f"the picture has {len(encoded) / 2**20:.1f} MB, expected at most "
            f"{MAX_BYTES // 2**20} MB; make it smaller"
        )
    _check_pixels(encoded)
    try:
        with _decoding:
            return decode(encoded, size)
    except UnreadableImageError as error:
        raise _unreadable(f"{error}"[:200]) from error


def to_jpeg(pixels: np.ndarray) -> bytes:
    """uint8 (height, width, 3) → a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="JPEG", quality=92)
    return buffer.getvalue()


def _check_pixels(encoded: bytes) -> None:
    """Read the header alone, so that a small file that decodes to gigabytes is never decoded."""
    try:
        with opened(encoded) as picture:
            width, height = picture.size
    except Image.DecompressionBombError as error:  # Pillow's own bound is higher
        raise _too_many("") from error
    except ExcessiveEffortError as error:
        raise QueryError(f"the picture is {error}") from error
    except UnidentifiedImageError as error:
        raise _unreadable("it is none of " + ", ".join(FORMATS)) from error
    except Exception as error:  # Pillow's readers raise a dozen kinds on crafted bytes
        raise _unreadable("its header is damaged") from error
    if width * height > MAX_PIXELS:
        raise _too_many(f" ({width} × {height})")


def _too_many(counted: str) -> QueryError:
    return QueryError(
        f"the picture has too many pixels{counted}, expected at most {MAX_PIXELS // 1_000_000} "
        "million; make it smaller"
    )


def _unreadable(detail: str) -> QueryError:
    return QueryError(f"this file is not a readable picture ({detail}); give a JPEG, PNG or WebP")


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise QueryError(f"{file}: cannot be read ({error.strerror}); give a picture") from error


def _resized(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise QueryError(
            f"the picture is {pixels.dtype} {pixels.shape}, expected uint8 (height, width, 3)"
        )
    if pixels.shape[:2] == size:
        return np.ascontiguousarray(pixels)
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BILINEAR))
