"""Small files that are whole pictures and would keep a decoder busy for very long."""

import io
import struct
import zlib

from PIL import Image


def progressive(width, height, scans):
    """A grey JPEG whose last refinement is repeated: some 40 bytes paint all pixels again."""
    encoded = _saved(Image.new("L", (width, height), 128), progressive=True)
    last = encoded.rindex(b"\xff\xda")
    return encoded[:-2] + encoded[last:-2] * scans + b"\xff\xd9"


def of_segments(count, kind=b"\xff\xe1", content=b"Exif\0\0a"):
    """A JPEG with so many pieces of EXIF, which are put together one by one."""
    encoded = _saved(Image.new("L", (8, 8)))
    segment = kind + struct.pack(">H", len(content) + 2) + content
    return encoded[:2] + segment * count + encoded[2:]


def run_length_bmp(width, height):
    """A BMP of 1,082 bytes: one pixel and the end of its row."""
    content = b"\x01\x00\x00\x00"
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(content), 0, 0, 256, 0)
    start = struct.pack("<IHHI", 14 + 40 + 1024 + len(content), 0, 0, 14 + 40 + 1024)
    return b"BM" + start + header + bytes(1024) + content


def of_chunks(count):
    """A PNG of one pixel with so many empty chunks before it."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), *[(b"abCd", b"")] * count, (b"IDAT", zlib.compress(b"\0\0"))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in [*chunks, (b"IEND", b"")]
    )


def of_strips(count):
    """A TIFF, one pixel wide, each of whose rows is a strip of its own."""
    entries = [
        (256, 4, 1, 1),
        (257, 4, 1, count),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, count, 110),
        (278, 4, 1, 1),
        (279, 4, count, 110 + 4 * count),
    ]
    return _tiff(entries) + struct.pack("<I", 8) * count + struct.pack("<I", 1) * count


def of_large_tiles(side):
    """A TIFF of four pixels in one deflated tile of side × side."""
    packed = zlib.compress(bytes(1000))
    entries = [
        (256, 4, 1, 2),
        (257, 4, 1, 2),
        (258, 3, 1, 8),
        (259, 3, 1, 8),
        (262, 3, 1, 1),
        (322, 4, 1, side),
        (323, 4, 1, side),
        (324, 4, 1, 134),
        (325, 4, 1, len(packed)),
        (277, 3, 1, 1),
    ]
    return _tiff(sorted(entries)) + packed


def _tiff(entries):
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + bytes(4)


def _saved(picture, form="JPEG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()
