import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from shopclip.search import QueryError
from shopclip.search.errors import MAX_BYTES
from shopclip.search.pictures import read_picture, to_jpeg
from tests.conftest import jpeg, noise


def bomb(width, height):
    """A PNG of a few hundred bytes that announces so many pixels."""

    def chunk(kind, content):
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def test_a_picture_is_decoded_as_the_catalogues_were():
    from shopclip.catalogue.decode import decode

    encoded = jpeg("red", (300, 400))
    assert np.array_equal(read_picture(encoded, (80, 60)), decode(encoded, (80, 60)))


def test_an_array_is_resized():
    assert read_picture(noise(1, 50, 70)[0], (40, 30)).shape == (40, 30, 3)


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        (b"", "not a readable picture"),
        (b"I am a text file named .jpg", "not a readable picture"),
        (jpeg("red", (300, 400))[:200], "not a readable picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "not a readable picture"),
        (bomb(60_000, 60_000), "too many pixels, expected at most 25 million"),
        (bomb(6_000, 5_000), r"too many pixels \(6000 × 5000\), expected at most 25 million"),
        (bomb(2**31 - 1, 2**31 - 1), "too many pixels"),
        (b"\xff" * (MAX_BYTES + 1), "expected at most 8 MB"),
    ],
    ids=["empty", "text", "cut off", "PostScript", "bomb", "large", "absurd", "heavy"],
)
def test_what_is_no_picture_or_too_large_is_one_clear_error(encoded, message):
    with pytest.raises(QueryError, match=message):
        read_picture(encoded, (80, 60))


def test_a_bomb_is_refused_without_being_decoded(monkeypatch):
    monkeypatch.setattr("shopclip.search.pictures.decode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(QueryError):
        read_picture(bomb(50_000, 50_000), (80, 60))


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(QueryError, match=r"nothing\.jpg: cannot be read"):
        read_picture(tmp_path / "nothing.jpg", (80, 60))
    with pytest.raises(QueryError, match="cannot be read"):
        read_picture(tmp_path, (80, 60))


def test_a_catalogue_picture_goes_out_as_a_jpeg_of_its_size():
    sent = Image.open(io.BytesIO(to_jpeg(np.full((40, 30, 3), (200, 40, 90), np.uint8))))
    assert (sent.format, sent.size) == ("JPEG", (30, 40))
    np.testing.assert_allclose(np.asarray(sent).mean(axis=(0, 1)), (200, 40, 90), atol=3)
