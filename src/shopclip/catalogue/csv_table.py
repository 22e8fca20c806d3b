"""The table of a catalogue as CSV, with any delimiter and in any encoding."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from pathlib import Path

import pandas as pd
import pyarrow as pa

from shopclip.catalogue.columns import ATTRIBUTES, CAPTION, name_columns
from shopclip.catalogue.csv_records import records
from shopclip.catalogue.encodings import find_encoding, open_text
from shopclip.catalogue.errors import CatalogueError
from shopclip.catalogue.rejected import Rejected

DELIMITERS = ",;\t|"
CHUNK = 16_384  # rows that are Python objects at a time; bounds the memory
_UNSEEN = "\ufeff\u200b\u2060 "  # that editors leave around names: byte order marks and the like
MOST_HEADER = 1 << 20  # characters; no table has a longer header, a binary file may
SCHEMA = pa.schema(
    [
        # What pandas keeps text in, so that it need not be copied.
        *((name, pa.large_string()) for name in ("id", *ATTRIBUTES, CAPTION, "image")),
        ("line", pa.int64()),
    ]
)


class CsvTable:
    """A CSV file with a header.

    Args:
        file: the file.
        columns: its own names of id, caption, image and attributes, where they differ.

    Raises:
        CatalogueError: it cannot be read, is no text, or has no id or caption.
    """

    def __init__(self, file: Path, columns: Mapping[str, str]) -> None:
        self.file = file
        self.files = (file,)
        header = self._first_line()
        self._delimiter = max(
            DELIMITERS,
            key=lambda one: len({*columns.values(), "id", CAPTION} & {*_split(header, one)}),
        )
        self._header = _split(header, self._delimiter)
        self._names = name_columns(columns, self._header, file, optional=["image"])

    @property
    def has_images(self) -> bool:
        """Whether a column says where the image of a product is."""
        return "image" in self._names

    def read(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """See `Table.read`. Surplus fields are unquoted delimiters of the caption."""
        rejected = Rejected()
        try:
            with open_text(self.file, self._encoding) as lines:
                rows = self._rows(lines, rejected)
                chunks = iter(lambda: list(islice(rows, CHUNK)), [])
                batches = [_batch(chunk) for chunk in chunks]
        except OSError as error:
            raise CatalogueError(f"{self.file}: cannot be read ({error.strerror})") from error
        return pa.Table.from_batches(batches, SCHEMA).to_pandas(), rejected.table()

    def _rows(self, lines: Iterator[str], rejected: Rejected) -> Iterator[tuple[object, ...]]:
        """Fields in the order of `SCHEMA`; what the file has no column for is empty."""
        width = len(self._header)
        places = [
            self._header.index(self._names[key]) if key in self._names else width
            for key in ("id", *ATTRIBUTES, "caption", "image")
        ]
        pick, id_, caption = itemgetter(*places), places[0], places[-2]
        header = next(number for number, line in enumerate(lines, 1) if not _is_blank(line))
        for line, fields in records(lines, self._delimiter, width):
            surplus = len(fields) - width
            if surplus < 0:
                name = fields[id_] if id_ < len(fields) else ""
                detail = f"{len(fields)} fields, expected {width}"
                rejected.add(name, header + line, "too few fields", detail)
                continue
            if surplus:
                end = caption + surplus + 1
                fields[caption:end] = [self._delimiter.join(fields[caption:end])]
            fields.append("")
            yield (*pick(fields), header + line)

    def _first_line(self) -> str:
        try:
            self._encoding = find_encoding(self.file)
            with open_text(self.file, self._encoding) as lines:
                starts = iter(lambda: lines.readline(MOST_HEADER), "")
                header = next((line for line in starts if not _is_blank(line)), None)
        except OSError as error:
            raise CatalogueError(f"{self.file}: cannot be read ({error.strerror})") from error
        if header is None:
            raise CatalogueError(
                f"{self.file}: is empty; expected a header with at least id and {CAPTION}, "
                "or the names that catalogue.columns gives them"
            )
        return header.replace("\0", "")


def _is_blank(line: str) -> bool:
    return not line.strip(" \n\0")


def _split(header: str, delimiter: str) -> list[str]:
    fields = next(iter(csv.reader([header.rstrip("\n")], delimiter=delimiter)), [])
    return [field.strip(_UNSEEN).strip() for field in fields]


def _batch(rows: Sequence[tuple[object, ...]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, SCHEMA.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
