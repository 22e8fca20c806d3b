"""Files that are called CSV and are something else."""

from __future__ import annotations

from pathlib import Path

from shopclip.catalogue.columns import CatalogueError

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
    """Raise what a file is, and what to do, where it begins as a known kind does.

    Raises:
        CatalogueError: naming the file.
    """
    for mark, (kind, remedy) in _KINDS.items():
        if start.startswith(mark):
            raise CatalogueError(f"{file}: is {kind}, no CSV, whatever its name says; {remedy}")


def refuse_binary(file: Path, start: bytes) -> None:
    """Raise where the first bytes of a file, in no encoding of two bytes, cannot be text.

    Raises:
        CatalogueError: naming the file.
    """
    controls = len(start) - len(start.translate(None, _CONTROLS))
    if controls > 2 and controls > _MAX_CONTROL_SHARE * len(start):
        raise CatalogueError(f"{file}: holds binary data, no text; expected a CSV file")
