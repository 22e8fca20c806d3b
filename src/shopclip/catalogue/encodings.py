"""The encoding of a text file that states none."""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TextIO
from unicodedata import category

from shopclip.catalogue.columns import CatalogueError

# Each is the largest of its family. Those of several bytes a character, then those of one.
_WIDE = ("cp932", "euc_jp", "gb18030", "big5", "cp949")
_NARROW = (
    "cp1251",
    "koi8_r",
    "cp866",
    "iso8859_5",
    "cp1253",
    "iso8859_7",
    "cp1255",
    "iso8859_8",
    "cp1256",
    "cp874",
)
_IN_PAIRS = ("euc_jp", "gb18030", "cp949")  # both bytes of a common character are beyond ASCII
# Bytes of distinct words, from which on it hardly errs.
_MIN_WIDE_BYTES, _MIN_NARROW_BYTES = 64, 100
_MIN_NON_ASCII = 16  # bytes beyond ASCII that Latin text has by chance, such as a few dashes
_RUN = re.compile(rb"[\x80-\xff]+")
_WORD = re.compile(rb"[\x80-\xff][\x40-\xff]*")  # a second byte may be one of ASCII


def is_other_script(sample: bytes) -> bool:
    """Accented letters stand alone among those of ASCII, letters of other scripts in runs."""
    runs = [len(run) for run in _RUN.findall(sample)]
    return sum(runs) >= _MIN_NON_ASCII and sum(run for run in runs if run > 1) >= sum(runs) / 2


def detect(sample: bytes) -> str | None:
    """The encoding of lines in another script; None where it cannot be told.

    charset-normalizer's first choice of which the text is plausible as well: it knows languages,
    but neither that a mark needs a letter nor that hardly any text is of half-width katakana.
    """
    from charset_normalizer import from_bytes

    guesses = from_bytes(sample, cp_isolation=[*_WIDE, *_NARROW])
    plausible = (one.encoding for one in guesses if _is_plausible(sample, str(one), one.encoding))
    encoding = next(plausible, None)
    threshold = _MIN_WIDE_BYTES if encoding in _WIDE else _MIN_NARROW_BYTES
    return encoding if sum(map(len, set(_WORD.findall(sample)))) >= threshold else None


def _is_plausible(sample: bytes, text: str, encoding: str) -> bool:
    runs = _RUN.findall(sample)
    if encoding in _IN_PAIRS and sum(len(run) % 2 for run in runs) > len(runs) / 5:
        return False
    words = re.findall(r"[^\x00-\x7f]+", text)
    half_width = sum("\uff61" <= character <= "\uff9f" for word in words for character in word)
    odd = sum(_is_odd(word, inside=encoding in _NARROW) for word in words)
    return half_width <= 0.3 * sum(map(len, words)) and odd <= len(words) / 20


def _is_odd(word: str, *, inside: bool) -> bool:
    """Whether it begins with a mark, or has anything but letters, marks and digits inside."""
    return category(word[0])[0] == "M" or (
        inside and any(category(character)[0] not in "LMN" for character in word[1:-1])
    )


logger = logging.getLogger(__name__)

_FALLBACK = "shopclip.windows-1252"
_START = 1 << 16  # bytes by which UTF-16 and binary files are told
_BLOCK = 1 << 20
_SAMPLE = 1 << 16  # bytes of lines by which an encoding is detected
_MARKS = {  # those of UTF-32 first: that of UTF-16 is how one of them begins
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8-sig",
}


def find_encoding(file: Path) -> str:
    """UTF-8, UTF-16, UTF-32, or the legacy encoding of a script that is not Latin.

    Bytes that are no UTF-8 in a Latin text make it no other: `open_text` reads them as Windows-1252
    where they stand, so that a file of mixed encodings loses nothing. Each guess is logged.

    Raises:
        OSError: the file cannot be read.
        CatalogueError: it is no text, or in an encoding that cannot be told.
    """
    with file.open("rb") as raw:
        start = raw.read(_START)
        unicode = next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
        if unicode:
            return unicode
        refuse_other_kinds(file, start)
        if utf_16 := _utf_16_by_its_nuls(start):
            return utf_16
        refuse_binary(file, start)
        raw.seek(0)
        counts = _Lines.count(raw)
    if not counts.wrong or counts.right >= counts.wrong:
        return "utf-8-sig"
    if not is_other_script(counts.sample):
        logger.warning(
            "%s: %d lines are no UTF-8 and are read as Windows-1252; if their accents come out "
            "wrong, save the file as UTF-8",
            file,
            counts.wrong,
        )
        return "utf-8-sig"
    encoding = detect(counts.sample)
    if encoding is None:
        raise CatalogueError(
            f"{file}: is in an encoding that cannot be told from its text (line {counts.first} is "
            "the first that is no UTF-8); save it as UTF-8"
        )
    logger.warning("%s: is no UTF-8 and is read as %s; is that right?", file, encoding)
    return encoding


def open_text(file: Path, encoding: str) -> TextIO:
    """Open a file in the encoding that `find_encoding` found; every line ends in a line feed.

    Raises:
        OSError: the file cannot be opened.
    """
    unicode = encoding.startswith(("utf-16", "utf-32"))
    return file.open(encoding=encoding, errors="replace" if unicode else _FALLBACK)


@dataclass
class _Lines:
    """Lines of a file with bytes beyond ASCII.

    Attributes:
        right, wrong: how many are UTF-8, and how many are not.
        first: number of the first wrong one, from 1.
        sample: wrong ones, one after the other.
    """

    right: int = 0
    wrong: int = 0
    first: int = 0
    sample: bytes = field(default=b"", repr=False)

    @classmethod
    def count(cls, raw: BinaryIO) -> _Lines:
        counts = cls()
        for number, line in enumerate(_lines(raw), 1):
            if line.isascii():
                continue
            try:
                line.decode()
                counts.right += 1
            except UnicodeDecodeError:
                counts.wrong += 1
                counts.first = counts.first or number
                if len(counts.sample) < _SAMPLE:
                    counts.sample += line[:_SAMPLE] + b"\n"
        return counts


def _lines(raw: BinaryIO) -> Iterator[bytes]:
    """The lines, however they end, of a file of any size."""
    rest = b""
    while block := raw.read(_BLOCK):
        block = rest + block
        end = max(block.rfind(b"\n"), block.rfind(b"\r", 0, -1)) + 1
        yield from block[:end].splitlines()
        rest = block[end:]
    yield from rest.splitlines()


def _utf_16_by_its_nuls(start: bytes) -> str | None:
    """ASCII in UTF-16 has NUL as every other byte, and any table has some: a header, delimiters."""
    start = start[: len(start) // 2 * 2]
    first, second = start[::2].count(0), start[1::2].count(0)
    name, nuls = ("utf-16-be", first) if first > second else ("utf-16-le", second)
    if min(first, second) > nuls / 3 or nuls < max(2, len(start) / 20):
        return None
    try:
        text = codecs.getincrementaldecoder(name)().decode(start)
    except UnicodeDecodeError:
        return None
    return name if any(delimiter in text for delimiter in ",;\t|") else None


def _windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    try:
        return wrong.decode("cp1252"), error.end
    except UnicodeDecodeError:  # five bytes mean nothing in Windows-1252
        return wrong.decode("latin-1"), error.end


codecs.register_error(_FALLBACK, _windows_1252)


# Files that are called CSV and are something else.
_UNPACK = "unpack it, and give catalogue.path what was in it"
_SAVE = "save its sheet as CSV (UTF-8)"
_KINDS = {
    b"\x1f\x8b": ("compressed with gzip", _UNPACK),
    b"BZh91AY&SY": ("compressed with bzip2", _UNPACK),
    b"\xfd7zXZ\0": ("compressed with xz", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("compressed with zstd", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", _UNPACK),
    b"PK\x03\x04": ("a zip archive or an Excel workbook", f"{_SAVE}, or {_UNPACK}"),
    b"\xd0\xcf\x11\xe0": ("an Excel workbook", _SAVE),
    b"PAR1": ("parquet", "call it .parquet"),
    b"SQLite format 3\0": ("a SQLite database", "export its table as CSV"),
    b"%PDF-": ("a PDF", "expected a table"),
}
_CONTROLS = bytes({*range(1, 9), *range(14, 32), 127} - {0x1A})  # but white space and end of file
_MAX_CONTROL_SHARE = 0.02  # share that a damaged text may have


def refuse_other_kinds(file: Path, start: bytes) -> None:
    """Raise CatalogueError with what a file is, and what to do, where it begins as a known kind."""
    for mark, (kind, remedy) in _KINDS.items():
        if start.startswith(mark):
            raise CatalogueError(f"{file}: is {kind}, no CSV, whatever its name says; {remedy}")


def refuse_binary(file: Path, start: bytes) -> None:
    """Raise CatalogueError where bytes in no encoding of two bytes cannot be text."""
    controls = len(start) - len(start.translate(None, _CONTROLS))
    if controls > 2 and controls > _MAX_CONTROL_SHARE * len(start):
        raise CatalogueError(f"{file}: holds binary data, no text; expected a CSV file")
