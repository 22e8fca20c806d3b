"""What decoding a file would cost is counted before it is decoded."""

import io
import time

import pytest
from PIL import Image

from shopclip.catalogue import decode as module
from shopclip.catalogue.decode import MAX_SCANS, UnreadableImageError, check_file, decode
from tests.catalogue import hostile_pictures as hostile
from tests.conftest import jpeg, noise

SIZE = (80, 60)


@pytest.mark.parametrize(
    ("encoded", "why"),
    [
        (hostile.progressive(64, 64, 200_000), "a JPEG of more than 100 scans"),
        (hostile.progressive(5000, 5000, 60), "in 66 scans, expected at most 60 of"),
        (hostile.of_segments(400_000), "a JPEG of more than 4096 segments"),
        (hostile.of_segments(400_000, b"\xff\xdb", b""), "a JPEG of more than 4096 segments"),
        (hostile.run_length_bmp(25_000_000, 1), "run-length encoded BMP of 25000000 × 1 pixels"),
        (hostile.of_chunks(200_000), "a PNG of more than 3343 chunks"),
        (hostile.of_strips(100_000), "a TIFF of 100000 strips"),
        (hostile.of_large_tiles(30_000), "a TIFF whose tiles have 30000 × 30000 pixels"),
    ],
    ids=[
        "scans",
        "scans of many pixels",
        "EXIF",
        "empty tables",
        "RLE",
        "chunks",
        "strips",
        "tiles",
    ],
)
def test_a_file_that_asks_for_too_much_work_is_refused_undecoded(encoded, why, monkeypatch):
    monkeypatch.setattr(module, "to_rgb", lambda picture: pytest.fail("decoded"))
    started = time.process_time()
    with pytest.raises(UnreadableImageError, match=why):
        decode(encoded, SIZE)
    assert time.process_time() - started < 5  # decoded it would take minutes


@pytest.mark.parametrize("width", [12, 500])
def test_the_scans_of_a_jpeg_are_counted_as_its_encoder_made_them(width):
    picture = Image.fromarray(noise(1, 80, width)[0])
    baseline, progressive = io.BytesIO(), io.BytesIO()
    picture.save(baseline, "JPEG", quality=95)
    picture.save(progressive, "JPEG", quality=95, progressive=True, restart_marker_blocks=2)
    assert check_file(baseline.getvalue()) == 1
    assert check_file(progressive.getvalue()) == 10  # libjpeg's script for three channels
    assert check_file(hostile.progressive(64, 64, 30)) == 6 + 30  # and for one


@pytest.mark.parametrize("spoil", ["after", "in EXIF", "filled"])
def test_what_only_looks_like_a_scan_is_none(spoil):
    encoded, marks = jpeg("red"), b"\xff\xda\0\x02" * 500
    spoilt = {
        "after": encoded + marks,  # such as the film behind a telephone's photograph
        "in EXIF": encoded[:2] + b"\xff\xe5\x07\xd2" + marks + encoded[2:],
        "filled": encoded[:2] + b"\xff" * 9 + encoded[2:],
    }[spoil]
    assert check_file(spoilt) == 1
    assert decode(spoilt, SIZE)[..., 0].min() > 240


def test_counting_takes_no_longer_than_the_file_is_long():
    """A search that began again at every byte would take hours."""
    started = time.process_time()
    for content in (b"\xff" * 8_000_000, b"\xff\0" * 4_000_000, bytes(8_000_000)):
        assert check_file(b"\xff\xd8" + content) <= MAX_SCANS
    assert time.process_time() - started < 2


def test_ordinary_files_of_every_kind_pass():
    for form, options in [
        ("BMP", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("PNG", {}),
        ("GIF", {}),
        ("WEBP", {}),
        ("AVIF", {}),
    ]:
        buffer = io.BytesIO()
        Image.fromarray(noise(1, 400, 300)[0]).save(buffer, form, **options)
        assert decode(buffer.getvalue(), SIZE).shape == (*SIZE, 3)
