"""Decoding in a process of its own: a picture that takes too long, or kills it, costs no more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Timer
from typing import BinaryIO, cast

import numpy as np

import shopclip
from shopclip.search.errors import QueryError, SearchError
from shopclip.search.server.decoding_worker import ANSWER, ASK, PIXELS, REFUSED

START_SECONDS = 60.0
_COMMAND = [sys.executable, "-P", "-m", "shopclip.search.server.decoding_worker"]


class DecodingProcess:
    """One process, started when it is first needed and again after it was killed.

    For one thread at a time, but `close` may be called by any.

    Args:
        seconds: that a picture may take.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._is_closed = False

    def decode(self, encoded: bytes, size: tuple[int, int]) -> np.ndarray:
        """The file of a picture → uint8 (*size, 3); see `read_picture`.

        Raises:
            QueryError: it is no picture, or beyond the limits, those of time and memory included.
            SearchError: no process can be started.
        """
        process = self._started()
        try:
            kind, content = self._ask(process, ASK.pack(*size, len(encoded)) + encoded)
        except (OSError, EOFError) as error:
            self._end(process)
            raise QueryError(
                f"the picture cannot be decoded within {self.seconds:g} seconds and the memory "
                "there is for it; save it again as an ordinary JPEG, or make it smaller"
            ) from error
        if kind == REFUSED:
            raise QueryError(content.decode())
        assert kind == PIXELS
        return np.frombuffer(content, np.uint8).reshape(*size, 3)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._is_closed = True
        if self._process is not None:
            self._end(self._process)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            if self._is_closed:
                raise SearchError("the server is being stopped")
            process = subprocess.Popen(
                _COMMAND,
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # codecs write there what is wrong with a picture
            )
            try:
                self._ask(process, b"", START_SECONDS)
            except (OSError, EOFError) as error:
                self._end(process)
                raise SearchError("the process that decodes pictures does not start") from error
            self._process = process
        return self._process

    def _ask(
        self, process: subprocess.Popen[bytes], request: bytes, seconds: float | None = None
    ) -> tuple[int, bytes]:
        """Send, and wait for the answer; the process is killed when the time is over."""
        sink, source = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
        killer = Timer(seconds or self.seconds, process.kill)
        killer.daemon = True
        killer.start()
        try:
            sink.write(request)
            sink.flush()
            kind, length = ANSWER.unpack(_exactly(source, ANSWER.size))
            return kind, _exactly(source, length)
        finally:
            killer.cancel()

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        self._process = None
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                _close(pipe)


def _exactly(source: BinaryIO, count: int) -> bytes:
    content = source.read(count)
    if len(content) < count:
        raise EOFError("the process ended")
    return content


def _close(pipe: object) -> None:
    try:
        cast(BinaryIO, pipe).close()
    except OSError:  # what it had still to write goes nowhere
        return


def _environment() -> dict[str, str]:
    """Where this package is found, however it was found here; one thread for numpy's libraries."""
    package = str(Path(shopclip.__file__).parents[1])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
