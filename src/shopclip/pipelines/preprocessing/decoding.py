"""Decode many images on all cores, in order, holding only a few at a time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import numpy as np
from tqdm import tqdm

from shopclip.catalogue.decode import UnreadableImageError, decode
from shopclip.dualencoder.image_store import Rejection

Decoded = np.ndarray | Rejection
CORES = os.cpu_count() or 1
BATCH = 8  # images handed to a thread at a time: for a small one that takes half of its decoding
AHEAD = 4 * BATCH * CORES  # images in flight; bounds the memory


def decode_stream(
    ids: Sequence[str], encoded: Iterable[bytes], size: tuple[int, int]
) -> Iterator[tuple[str, Decoded]]:
    """Each id with its pixels, uint8 (*size, 3), or with the reason why there are none.

    Threads, because Pillow decodes outside of Python's lock, so that photographs use all cores.
    Thumbnails spend their time under it: some thousands a second, however many cores there are.
    """
    waiting: deque[Future[list[tuple[str, Decoded]]]] = deque()
    pairs = zip(ids, encoded, strict=True)
    with (
        ThreadPoolExecutor(CORES) as pool,
        tqdm(total=len(ids), desc="decoding images", unit="img") as bar,
    ):
        while batch := list(islice(pairs, BATCH)):
            waiting.append(pool.submit(_decode, batch, size))
            if len(waiting) * BATCH >= AHEAD:
                yield from waiting.popleft().result()
            bar.update(len(batch))
        for decoded in waiting:
            yield from decoded.result()


def _decode(batch: list[tuple[str, bytes]], size: tuple[int, int]) -> list[tuple[str, Decoded]]:
    return [(id_, decode_one(encoded, size)) for id_, encoded in batch]


def decode_one(encoded: bytes, size: tuple[int, int]) -> Decoded:
    """One picture, or why there is none."""
    try:
        return decode(encoded, size)
    except UnreadableImageError as error:
        return Rejection("unreadable image", str(error))
