"""What may be printed: letters that the terminal knows, and no secrets."""

from __future__ import annotations

import codecs
import logging
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any
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
        one.encode("unicode_escape", "surrogatepass").decode("ascii")
        if category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else one
        for one in text
    )


class PrintableRecord(logging.LogRecord):
    """A line of a log, in which nothing but the ends of lines is obeyed by a terminal."""

    def getMessage(self) -> str:  # noqa: N802
        return "\n".join(map(printable, super().getMessage().split("\n")))


def log_printably() -> None:
    """For all loggers, those of libraries included."""
    logging.setLogRecordFactory(PrintableRecord)


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


_USER = re.compile(r"(?<=://)[^/?#\s]+(?=@)")  # to the last @: a password may hold others
_SECRET = re.compile(
    r"((?:^|[?&;,\s])(?:token|password|passwd|pwd|api_?key|secret|access_key)=)[^&;,\s'\"]+", re.I
)


def mask_credentials(text: str) -> str:
    """A text in which `user:password@` and `token=…` of addresses are three asterisks."""
    return _SECRET.sub(r"\1***", _USER.sub("***", text))


def bare_address(uri: str) -> str:
    """The address without what is said to be let in: no user, no password, no parameters."""
    return _USER.sub("", uri).replace("://@", "://").partition("?")[0]


def mask_all(value: Any) -> Any:
    """Nested parameters with every text masked."""
    if isinstance(value, str):
        return mask_credentials(value)
    if isinstance(value, Mapping):
        return {key: mask_all(member) for key, member in value.items()}
    if isinstance(value, Sequence):
        return [mask_all(member) for member in value]
    return value
