"""From encoded images to upright RGB pixels on white."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from shopclip.errors import ShopclipError

MAX_SCANS = 100  # of a JPEG; encoders make 10 and the thriftiest of them 20
MAX_PAINTED = 1_500_000_000  # pixels of a JPEG times its scans; about five seconds of decoding
MAX_SEGMENTS = 4_096  # of a JPEG; a color profile is at most 255 of them
MAX_RLE_PIXELS = 4_000_000  # of a compressed BMP, which Pillow reads in Python
MAX_STRIPS = 65_536  # of a TIFF
MAX_TILE_PIXELS = 64_000_000  # of one tile of a TIFF, which may be larger than its picture
CHUNK_BYTES, FREE_CHUNKS = 1_024, 1_000  # of a PNG: so many a chunk on average, but for the first

_PNG = b"\x89PNG\r\n\x1a\n"
_SOI = b"\xff\xd8"
_MARKER = re.compile(rb"\xff([^\x00\xff])")  # in what a scan holds, 0 follows every 0xFF
_BARE = frozenset([0x01, *range(0xD0, 0xD9)])  # markers without a segment after them
_EOI, _SOS = 0xD9, 0xDA
_TILE_WIDTH, _TILE_LENGTH = 322, 323


class ExcessiveEffortError(ValueError):
    """A file that takes its decoder longer than any real picture of its size would."""


def check_file(encoded: bytes) -> int:
    """Count the pieces of a file before anything parses it.

    Returns:
        The scans of a JPEG; 1 for other formats.

    Raises:
        ExcessiveEffortError: it has more of them than real pictures have.
    """
    if encoded.startswith(_SOI):
        return _count_scans(encoded)
    if encoded.startswith(_PNG):
        _check_chunks(encoded)
    return 1


def check_picture(picture: Image.Image, scans: int) -> None:
    """Judge an opened picture, whose size is known, before its pixels are decoded.

    Raises:
        ExcessiveEffortError: its format and size together ask for more work than is bearable.
    """
    width, height = picture.size
    max_scans = max(1, MAX_PAINTED // (width * height or 1))
    if scans > max_scans:
        raise ExcessiveEffortError(
            f"a JPEG of {width} × {height} pixels in {scans} scans, expected at most {max_scans} "
            "of so many pixels; save it again"
        )
    if picture.format == "BMP":
        _check_bmp(picture)
    if picture.format == "TIFF":
        _check_tiff(picture)


def _count_scans(encoded: bytes) -> int:
    """Walk from marker to marker, as libjpeg does, to the end of the first picture."""
    scans = segments = 0
    at = len(_SOI)
    while marker := _MARKER.search(encoded, at):
        kind, at = marker[1][0], marker.end()
        if kind == _EOI:
            break
        if kind in _BARE:
            continue
        segments += 1
        scans += kind == _SOS
        if scans > MAX_SCANS or segments > MAX_SEGMENTS:
            limit = f"{MAX_SCANS} scans" if scans > MAX_SCANS else f"{MAX_SEGMENTS} segments"
            raise ExcessiveEffortError(f"a JPEG of more than {limit}; save it again")
        at += int.from_bytes(encoded[at : at + 2], "big")
    return max(scans, 1)


def _check_chunks(encoded: bytes) -> None:
    max_chunks = FREE_CHUNKS + len(encoded) // CHUNK_BYTES
    at = len(_PNG)
    for _ in range(max_chunks):
        if at >= len(encoded):
            return
        at += 12 + int.from_bytes(encoded[at : at + 4], "big")
    if at < len(encoded):
        raise ExcessiveEffortError(
            f"a PNG of more than {max_chunks} chunks in {len(encoded)} bytes; save it again"
        )


def _check_bmp(picture: Image.Image) -> None:
    width, height = picture.size
    if picture.info.get("compression") in (1, 2) and width * height > MAX_RLE_PIXELS:
        raise ExcessiveEffortError(
            f"a run-length encoded BMP of {width} × {height} pixels, expected at most "
            f"{MAX_RLE_PIXELS // 1_000_000} million; save it as PNG"
        )


def _check_tiff(picture: Image.Image) -> None:
    tags, strips = getattr(picture, "tag_v2", {}), len(getattr(picture, "tile", ()))
    if strips > MAX_STRIPS:
        raise ExcessiveEffortError(
            f"a TIFF of {strips} strips, expected at most {MAX_STRIPS}; save it again"
        )
    width, length = tags.get(_TILE_WIDTH, 1), tags.get(_TILE_LENGTH, 1)
    if width * length > MAX_TILE_PIXELS:
        raise ExcessiveEffortError(
            f"a TIFF whose tiles have {width} × {length} pixels, expected at most "
            f"{MAX_TILE_PIXELS // 1_000_000} million"
        )


# Other formats that Pillow knows are no product pictures; PostScript would even start a program.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
MAX_PIXELS = 64_000_000  # decoded, 192 MB; beyond it is no product picture but an attack

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
        formats = ", ".join(FORMATS)
        raise UnreadableImageError(f"no picture; expected {formats}") from error
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
    if width * height > MAX_PIXELS:
        raise UnreadableImageError(
            f"{width} × {height} pixels, expected at most {MAX_PIXELS // 1_000_000} million"
        )


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
