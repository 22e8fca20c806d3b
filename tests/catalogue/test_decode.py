import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from shopclip.catalogue import decode as module
from shopclip.catalogue.decode import MAX_PIXELS, UnreadableImageError, decode
from tests.conftest import jpeg, noise


def encode(picture, form, **options):
    buffer = io.BytesIO()
    picture.save(buffer, format=form, **options)
    return buffer.getvalue()


def test_pixels_are_those_of_a_lossless_picture():
    pixels = noise(1, 80, 60)[0]
    encoded = encode(Image.fromarray(pixels), "PNG")
    assert np.array_equal(decode(encoded, (80, 60)), pixels)


def test_a_picture_of_another_size_is_resized():
    assert decode(jpeg("red", size=(120, 160)), (80, 60)).shape == (80, 60, 3)


@pytest.mark.parametrize("form", module.FORMATS)
def test_every_format_is_read_whatever_the_name_of_its_file(form):
    encoded = encode(Image.new("RGB", (60, 80), (200, 30, 30)), form)
    found = decode(encoded, (80, 60)).reshape(-1, 3).mean(axis=0)
    assert np.abs(found - (200, 30, 30)).max() <= 4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_set_upright(orientation):
    upright = Image.fromarray(noise(1, 80, 60)[0])
    turns = [
        None,
        None,
        Image.Transpose.FLIP_LEFT_RIGHT,
        Image.Transpose.ROTATE_180,
        Image.Transpose.FLIP_TOP_BOTTOM,
        Image.Transpose.TRANSPOSE,
        Image.Transpose.ROTATE_90,
        Image.Transpose.TRANSVERSE,
        Image.Transpose.ROTATE_270,
    ]
    stored = upright if turns[orientation] is None else upright.transpose(turns[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = decode(encode(stored, "PNG", exif=exif), (80, 60))
    assert np.array_equal(found, np.asarray(upright))


def test_broken_exif_does_not_spoil_a_picture():
    encoded = encode(Image.new("RGB", (60, 80), "red"), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff")
    assert decode(encoded, (80, 60))[..., 0].min() > 240


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(form):
    frames = [Image.new("RGB", (60, 80), colour) for colour in ("red", "blue")]
    encoded = encode(frames[0], form, save_all=True, append_images=frames[1:], lossless=True)
    found = decode(encoded, (80, 60)).reshape(-1, 3).mean(axis=0)
    assert np.abs(found - (255, 0, 0)).max() <= 2


@pytest.mark.parametrize(
    ("encoded", "why"),
    [
        (b"", "the image is empty"),
        (b"<html>not found</html>", "no picture; expected JPEG, PNG"),
        (jpeg("red")[:300], "Truncated|truncated|broken"),
        (encode(Image.fromarray(noise(1, 80, 60)[0]), "PNG")[:2000], "truncated"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture"),
    ],
)
def test_what_is_no_picture_is_an_error_that_says_why(encoded, why):
    with pytest.raises(UnreadableImageError, match=why):
        decode(encoded, (80, 60))


def png(width, height, depth, colour, rows):
    """A PNG by hand; `depth` bits a channel, `colour` as in its header."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [8_001, 12_000, 60_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side, monkeypatch):
    assert side**2 > MAX_PIXELS
    monkeypatch.setattr(module, "to_rgb", lambda picture: pytest.fail("decoded"))
    with pytest.raises(UnreadableImageError, match=r"pixels"):
        decode(png(side, side, 8, 0, bytes(1_000_000)), (80, 60))
