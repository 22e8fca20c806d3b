"""From whatever a picture file holds to upright RGB on white."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

ORIENTATION = 0x0112
DEEP = ("I", "F")  # and I;16 in its byte orders: more than eight bits a pixel


def turn_upright(picture: Image.Image) -> Image.Image:
    """The picture as its EXIF orientation says that it was meant to be seen."""
    try:
        turned = picture.getexif().get(ORIENTATION, 1) != 1
    except Exception:  # broken EXIF is none: the picture itself may be well
        return picture
    return ImageOps.exif_transpose(picture) if turned else picture


def to_rgb(picture: Image.Image) -> Image.Image:
    """RGB; what is transparent becomes white, more than eight bits are scaled to eight."""
    if picture.mode == "RGB" and "transparency" not in picture.info:
        picture.load()
        return picture
    if picture.mode.startswith(DEEP):
        return _eight_bits(picture).convert("RGB")
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return picture.convert("RGB")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits or of real numbers; convert() would clip all above 255 to white.

    White is 65,535 for whole numbers, 1 or 255 for real ones; a picture that has more than that
    is scaled by its own maximum.
    """
    grey = np.nan_to_num(np.asarray(picture, dtype=np.float32), posinf=0, neginf=0)
    whites = (1.0, 255.0, 65_535.0) if picture.mode == "F" else (65_535.0,)
    brightest = float(grey.max(initial=0))
    white = next((white for white in whites if brightest <= white), brightest)
    return Image.fromarray((grey.clip(0) * (255 / white)).round().astype(np.uint8))
