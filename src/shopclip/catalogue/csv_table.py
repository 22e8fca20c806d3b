"""The table of a catalogue as CSV, with any delimiter and in any encoding."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from pathlib import Path

import pandas as pd
import pyarrow as pa

from shopclip.catalogue.columns import ATTRIBUTES, CAPTION, CatalogueError, name_columns
from shopclip.catalogue.encodings import find_encoding, open_text
from shopclip.catalogue.rejected import Rejected

# The module's own limit, of 131,072 characters a field, would take longer fields apart at every
# delimiter inside their quotes.
csv.field_size_limit(1 << 30)

MAX_LINES = 100  # that one quoted record may span; beyond, its quote is taken for a character


def records(lines: Iterable[str], delimiter: str, width: int) -> Iterator[tuple[int, list[str]]]:
    """The number of its first line, from 1, and the fields of every record.

    A blank line is no record, NUL characters are dropped. A quote that is never closed, or is
    closed in the middle of a field, is an ordinary character, as is one that would make a record
    of several lines with other than `width` fields: it must not swallow the records that follow.
    """
    ahead = _Ahead(lines)
    number = 0
    while (line := ahead.take()) is not None:
        number += 1
        if not line.strip(" \n"):
            continue
        if '"' not in line:
            yield number, line.rstrip("\n").split(delimiter)
            continue
        fields, more = _quoted(line, ahead, delimiter, width)
        yield number, fields
        number += more
        ahead.drop(more)


class _Ahead:
    """Lines that can be looked at before they are taken."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = (line.replace("\0", "") for line in lines)
        self._buffer: deque[str] = deque()

    def take(self) -> str | None:
        return self._buffer.popleft() if self._buffer else next(self._lines, None)

    def drop(self, count: int) -> None:
        for _ in range(count):
            self._buffer.popleft()

    def __getitem__(self, index: int) -> str | None:
        while len(self._buffer) <= index:
            line = next(self._lines, None)
            if line is None:
                return None
            self._buffer.append(line)
        return self._buffer[index]


def _quoted(line: str, ahead: _Ahead, delimiter: str, width: int) -> tuple[list[str], int]:
    """The fields of a record with quotes, and how many further lines belong to it."""
    text = line
    for more in range(MAX_LINES):
        fields = _parse(text, delimiter)
        if fields is not None and (more == 0 or len(fields) == width):
            return fields, more
        if _parse(f'{text}"', delimiter) is None:
            break  # one more quote does not close it: it is malformed, not unfinished
        following = ahead[more]
        if following is None:
            break
        text += following
    line = line.rstrip("\n")
    unfinished = _parse(f'{line}"', delimiter) is not None
    lenient = None if unfinished else _parse(line, delimiter, strict=False)
    return lenient or line.split(delimiter), 0


def _parse(text: str, delimiter: str, *, strict: bool = True) -> list[str] | None:
    try:
        parsed = list(csv.reader([text], delimiter=delimiter, strict=strict))
    except csv.Error:
        return None
    return parsed[0] if len(parsed) == 1 else None


DELIMITERS = ",;\t|"
CHUNK = 16_384  # rows that are Python objects at a time; bounds the memory
_UNSEEN = "\ufeff\u200b\u2060 "  # that editors leave around names: byte order marks and the like
MAX_HEADER = 1 << 20  # characters; no table has a longer header, a binary file may
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
        positions = [
            self._header.index(self._names[key]) if key in self._names else width
            for key in ("id", *ATTRIBUTES, "caption", "image")
        ]
        pick, id_, caption = itemgetter(*positions), positions[0], positions[-2]
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
                starts = iter(lambda: lines.readline(MAX_HEADER), "")
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
