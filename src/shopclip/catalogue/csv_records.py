"""The records of a CSV file, however its quotes are used."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator

# The module's own limit, of 131,072 characters a field, would take longer fields apart at every
# delimiter inside their quotes.
csv.field_size_limit(1 << 30)

MOST_LINES = 100  # that one quoted record may span; beyond, its quote is taken for a character


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
        self._seen: deque[str] = deque()

    def take(self) -> str | None:
        return self._seen.popleft() if self._seen else next(self._lines, None)

    def drop(self, count: int) -> None:
        for _ in range(count):
            self._seen.popleft()

    def __getitem__(self, index: int) -> str | None:
        while len(self._seen) <= index:
            line = next(self._lines, None)
            if line is None:
                return None
            self._seen.append(line)
        return self._seen[index]


def _quoted(line: str, ahead: _Ahead, delimiter: str, width: int) -> tuple[list[str], int]:
    """The fields of a record with quotes, and how many further lines belong to it."""
    text = line
    for more in range(MOST_LINES):
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
