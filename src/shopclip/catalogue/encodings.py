"""Open a text file whose encoding nobody states."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TextIO

_FALLBACK = "shopclip.windows-1252"


def open_text(file: Path) -> TextIO:
    """Open UTF-8 (with or without a byte order mark), UTF-16, Windows-1252 or Latin-1.

    Bytes that are no UTF-8 are read as Windows-1252 where they stand, so that a file of mixed
    encodings loses nothing either. Every kind of line end becomes a line feed.

    Raises:
        OSError: the file cannot be opened.
    """
    with file.open("rb") as raw:
        start = raw.read(4)
    encoding = _encoding(start)
    return file.open(encoding=encoding, errors=_FALLBACK if "8" in encoding else "replace")


def _encoding(start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # A header begins with letters of ASCII; in UTF-16 every other byte of those is NUL.
    halves = [bool(byte) for byte in start]
    if halves == [True, False, True, False]:
        return "utf-16-le"
    if halves == [False, True, False, True]:
        return "utf-16-be"
    return "utf-8-sig"


def _windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    try:
        return wrong.decode("cp1252"), error.end
    except UnicodeDecodeError:  # five bytes mean nothing in Windows-1252
        return wrong.decode("latin-1"), error.end


codecs.register_error(_FALLBACK, _windows_1252)
