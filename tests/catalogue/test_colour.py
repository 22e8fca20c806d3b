import struct

import numpy as np
import PIL
import pytest
from PIL import Image

from shopclip.catalogue.decode import decode
from tests.catalogue.test_decode import encode, png

SIZE = (80, 60)


OLD = pytest.mark.skipif(
    int(PIL.__version__.split(".")[0]) < 13, reason="Pillow read its own YCbCr TIFF from 13 on"
)


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "LA", pytest.param("YCbCr", marks=OLD)])
def test_other_colour_modes_become_rgb(mode):
    form = "TIFF" if mode in ("CMYK", "YCbCr") else "PNG"
    encoded = encode(Image.new("RGB", (60, 80), "white").convert(mode), form)
    assert decode(encoded, SIZE).min() > 250


def test_a_cmyk_jpeg_keeps_its_colour():
    encoded = encode(Image.new("RGB", (60, 80), (255, 0, 0)).convert("CMYK"), "JPEG")
    assert np.abs(decode(encoded, SIZE).reshape(-1, 3).mean(axis=0) - (255, 0, 0)).max() < 4


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_what_is_transparent_becomes_white_and_half_of_it_half_white(form):
    pixels = np.zeros((80, 60, 4), np.uint8)
    pixels[:, 20:40, 3] = 128
    pixels[:, 40:, 3] = 255
    encoded = encode(Image.fromarray(pixels), form, lossless=True)
    found = decode(encoded, SIZE)
    assert (found[:, :20] == 255).all()
    assert np.abs(found[:, 20:40].astype(int) - 127).max() <= 1
    assert (found[:, 40:] == 0).all()


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_the_transparent_colour_of_a_palette_becomes_white(form):
    picture = Image.new("P", (60, 80), 0)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.paste(1, (30, 0, 60, 80))
    found = decode(encode(picture, form, transparency=0), SIZE)
    assert (found[:, :30] == 255).all()
    assert (found[:, 30:] == (255, 0, 0)).all()


@pytest.mark.parametrize(("mode", "colour"), [("RGB", (0, 0, 0)), ("L", 0)])
def test_a_transparent_colour_without_a_palette_becomes_white(mode, colour):
    encoded = encode(Image.new(mode, (60, 80), colour), "PNG", transparency=colour)
    assert (decode(encoded, SIZE) == 255).all()


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_clipped(form):
    ramp = np.linspace(0, 65_535, 4800).reshape(SIZE)
    found = decode(encode(Image.fromarray(ramp.astype(np.uint16)), form), SIZE)
    assert np.abs(found[..., 0] - ramp / 257).max() <= 1


@pytest.mark.parametrize("white", [1.0, 255.0, 65_535.0, 1e6])
def test_real_numbers_are_scaled_by_the_white_that_fits_them(white):
    ramp = np.linspace(0, white, 4800, dtype=np.float32).reshape(SIZE)
    ramp[0, 0] = np.nan
    found = decode(encode(Image.fromarray(ramp), "TIFF"), SIZE)
    assert np.abs(found[..., 0] - np.nan_to_num(ramp) * (255 / white)).max() <= 1


def test_sixteen_bits_a_channel_are_colours_too():
    line = b"\0" + struct.pack(">3H", 200 * 257, 30 * 257, 30 * 257) * 60
    assert (decode(png(60, 80, 16, 2, line * 80), SIZE) == (200, 30, 30)).all()
