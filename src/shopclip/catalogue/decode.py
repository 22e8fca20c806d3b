"""Encoded images to pixels."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

from shopclip.errors import ShopclipError


class UnreadableImageError(ShopclipError):
    """Bytes that are no picture, or only part of one."""


def decode(encoded: bytes, size: tuple[int, int]) -> np.ndarray:
    """Decode a picture of any format that Pillow knows to RGB pixels of `size`.

    Args:
        encoded: the bytes of the file.
        size: height and width in pixels; a picture of another size is resized to it.

    Returns:
        uint8 (*size, 3).

    Raises:
        UnreadableImageError: saying what is wrong with the bytes.
    """
    if not encoded:
        raise UnreadableImageError("the image is empty")
    try:
        with Image.open(io.BytesIO(encoded)) as picture:
            rgb = picture.convert("RGB")
            height, width = size
            if rgb.size != (width, height):
                rgb = rgb.resize((width, height), Image.Resampling.BILINEAR)
            return np.asarray(rgb)
    except UnidentifiedImageError as error:
        raise UnreadableImageError("no image format that Pillow knows") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnreadableImageError(str(error)) from error
