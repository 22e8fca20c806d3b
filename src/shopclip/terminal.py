"""Terminals and pipes that know fewer letters than what is printed."""

from __future__ import annotations

import codecs
import logging
import sys
from unicodedata import category

_HANDLER = "shopclip.plain"
_PLAIN = str.maketrans("→–✗×…", ">-xx~")  # one for one, so that tables keep their columns


def printable(text: str) -> str:
    """A text whose control characters, and those that turn its direction, are shown as `\\x1b`.

    A catalogue is not trusted: a terminal would obey what its captions and file names hold.
    """
    if text.isprintable():
        return text
    return "".join(
        _escaped(one) if category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") else one for one in text
    )


class PrintableRecord(logging.LogRecord):
    """A line of a log, in which nothing but the ends of lines is obeyed by a terminal."""

    def getMessage(self) -> str:  # noqa: N802
        return "\n".join(map(printable, super().getMessage().split("\n")))


def log_printably() -> None:
    """For all loggers, those of libraries included."""
    logging.setLogRecordFactory(PrintableRecord)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def print_plainly() -> None:
    """Print a plain letter, or `?`, for what the terminal's encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not so where a notebook or a test has put its own
            stream.reconfigure(errors=_HANDLER)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    wrong = error.object[error.start : error.end].translate(_PLAIN)
    return wrong.encode("ascii", "replace").decode("ascii"), error.end


codecs.register_error(_HANDLER, _plainly)
