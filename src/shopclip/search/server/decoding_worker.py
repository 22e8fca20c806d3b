"""A process that decodes pictures for the server and may be killed at any time.

Asks come by its standard input and answers go by its standard output, each with its own length
before it; it ends with the server, whose end closes the input.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from contextlib import suppress
from typing import BinaryIO

ASK = struct.Struct(">IIQ")  # height and width to resize to, bytes of the file
ANSWER = struct.Struct(">BQ")  # one of the kinds below, bytes of what follows
READY, PIXELS, REFUSED = 0, 1, 2
MEMORY = 2 * 1024**3  # bytes of address space; 25 million pixels take a third of it at worst
NICENESS = 10  # behind the searches


def main() -> None:
    """Answer until the input ends."""
    asks, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal; the server says when to end
    _restrict()
    from shopclip.search.errors import QueryError
    from shopclip.search.pictures import read_picture

    _send(answers, READY, b"")
    while len(head := asks.read(ASK.size)) == ASK.size:
        height, width, length = ASK.unpack(head)
        encoded = asks.read(length)
        try:
            _send(answers, PIXELS, read_picture(encoded, (height, width)).tobytes())
        except QueryError as error:
            _send(answers, REFUSED, str(error).encode())
        except MemoryError:
            _send(answers, REFUSED, b"the picture needs too much memory; give a smaller one")


def _restrict() -> None:
    os.nice(NICENESS)
    with suppress(ImportError, OSError, ValueError):  # not everywhere, nor always allowed
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _send(answers: BinaryIO, kind: int, content: bytes) -> None:
    answers.write(ANSWER.pack(kind, len(content)) + content)
    answers.flush()


if __name__ == "__main__":
    main()
