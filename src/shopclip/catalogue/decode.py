"""Encoded images to pixels."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, UnidentifiedImageError

from shopclip.catalogue.colour import to_rgb, turn_upright
from shopclip.catalogue.effort import check_file, check_picture
from shopclip.errors import ShopclipError

# Other formats that Pillow knows are no product pictures; PostScript would even start a program.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
MOST_PIXELS = 64_000_000  # decoded, 192 MB; beyond it is no product picture but an attack

# Pillow's own, higher bound is not asked: larger pictures are refused here before.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


class UnreadableImageError(ShopclipError):
    """Bytes that are no picture, only part of one, or one too large or too slow to decode."""


def decode(encoded: bytes, size: tuple[int, int]) -> np.ndarray:
    """Decode a picture to RGB pixels of `size`: its first frame, upright, on white.

    Args:
        encoded: the bytes of the file, in one of `FORMATS`, whatever its name says.
        size: height and width in pixels; a picture of another size is resized to it.

    Returns:
        uint8 (*size, 3).

    Raises:
        UnreadableImageError: saying what is wrong with the bytes.
    """
    if not encoded:
        raise UnreadableImageError("the image is empty or cannot be read")
    height, width = size
    try:
        with opened(encoded) as picture:
            _check_pixels(picture)
            rgb = to_rgb(turn_upright(picture))
            if rgb.size != (width, height):
                rgb = rgb.resize((width, height), Image.Resampling.BILINEAR)
            return np.asarray(rgb)
    except UnreadableImageError:
        raise
    except UnidentifiedImageError as error:
        known = ", ".join(FORMATS)
        raise UnreadableImageError(f"no picture; expected {known}") from error
    except Exception as error:  # Pillow's readers raise a dozen kinds on crafted bytes
        raise UnreadableImageError(f"{error}" or type(error).__name__) from error


@contextmanager
def opened(encoded: bytes) -> Iterator[Image.Image]:
    """The picture with its header read and its pixels not yet decoded.

    Raises:
        ExcessiveEffortError: decoding it would take longer than real pictures of its size do.
        Exception: whatever Pillow's readers raise on what is no picture.
    """
    scans = check_file(encoded)
    with Image.open(io.BytesIO(encoded), formats=FORMATS) as picture:
        check_picture(picture, scans)
        yield picture


def _check_pixels(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise UnreadableImageError(
            f"{width} × {height} pixels, expected at most {MOST_PIXELS // 1_000_000} million"
        )
