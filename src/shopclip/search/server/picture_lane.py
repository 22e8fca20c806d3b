"""Threads and processes for what has to do with pictures, so that texts never wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, local
from typing import TypeVar

import numpy as np

from shopclip.search.errors import SearchError
from shopclip.search.server.decoding import DecodingProcess

Answer = TypeVar("Answer")
Decode = Callable[[bytes, tuple[int, int]], np.ndarray]

WORKERS = 2  # a decoded upload takes up to some hundred megabytes
MAX_WAITING = 16
SECONDS = 10.0  # that a picture may take to decode; the largest real ones take one


class BusyError(SearchError):
    """More is being asked than is answered; to be asked again later."""


class PictureLane:
    """Runs queries with pictures, a few at a time, each with a process that decodes for it.

    Args:
        workers: queries at a time.
        waiting: that may wait for their turn.
        seconds: that a picture may take to decode.
    """

    def __init__(
        self, workers: int = WORKERS, waiting: int = MAX_WAITING, seconds: float = SECONDS
    ) -> None:
        self._most = workers + waiting
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="pictures")
        self._mine = local()
        self._processes: list[DecodingProcess] = []
        self._inside = 0
        self._lock = Lock()

    async def run(self, query: Callable[[Decode], Answer]) -> Answer:
        """What `query` returns, which is called in a thread with a function that decodes.

        Raises:
            BusyError: too many wait already.
        """
        with self._lock:
            if self._inside >= self._most:
                raise BusyError("too many pictures are being looked at; try again in some seconds")
            self._inside += 1
        future = self._pool.submit(lambda: query(self._decode))
        future.add_done_callback(self._leave)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """End the processes; what still waits is not run."""
        for process in self._processes:
            process.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _leave(self, _: object) -> None:
        with self._lock:
            self._inside -= 1

    def _decode(self, encoded: bytes, size: tuple[int, int]) -> np.ndarray:
        if not hasattr(self._mine, "process"):
            self._mine.process = DecodingProcess(self._seconds)
            with self._lock:
                self._processes.append(self._mine.process)
        return self._mine.process.decode(encoded, size)
