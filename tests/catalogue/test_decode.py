import io

import numpy as np
import pytest
from PIL import Image

from shopclip.catalogue.decode import UnreadableImageError, decode
from tests.conftest import jpeg, noise


def encode(picture, form):
    buffer = io.BytesIO()
    picture.save(buffer, format=form)
    return buffer.getvalue()


def test_pixels_are_those_of_a_lossless_picture():
    pixels = noise(1, 80, 60)[0]
    encoded = encode(Image.fromarray(pixels), "PNG")
    assert np.array_equal(decode(encoded, (80, 60)), pixels)


def test_a_picture_of_another_size_is_resized():
    assert decode(jpeg("red", size=(120, 160)), (80, 60)).shape == (80, 60, 3)


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK"])
def test_other_colour_modes_become_rgb(mode):
    form = "TIFF" if mode == "CMYK" else "PNG"
    encoded = encode(Image.new("RGB", (60, 80), "white").convert(mode), form)
    assert decode(encoded, (80, 60)).min() > 250


@pytest.mark.parametrize(
    ("encoded", "why"),
    [
        (b"", "the image is empty"),
        (b"<html>not found</html>", "no image format"),
        (jpeg("red")[:300], "Truncated|truncated|broken"),
    ],
)
def test_what_is_no_picture_is_an_error_that_says_why(encoded, why):
    with pytest.raises(UnreadableImageError, match=why):
        decode(encoded, (80, 60))
