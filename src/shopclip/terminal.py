"""Terminals and pipes that know fewer letters than what is printed."""

from __future__ import annotations

import codecs
import sys

_HANDLER = "shopclip.plain"
_PLAIN = str.maketrans("→–✗×…", ">-xx~")  # one for one, so that tables keep their columns


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
