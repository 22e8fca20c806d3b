"""Decode many images on all cores, in order, holding only a few at a time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from tqdm import tqdm

from shopclip.catalogue.decode import UnreadableImageError, decode
from shopclip.dualencoder.image_store import Rejection

Decoded = np.ndarray | Rejection
AHEAD = 256  # images in flight; bounds the memory


def decode_stream(
    ids: Sequence[str], encoded: Iterable[bytes], size: tuple[int, int]
) -> Iterator[tuple[str, Decoded]]:
    """Each id with its pixels, uint8 (*size, 3), or with the reason why there are none."""
    waiting: deque[tuple[str, Future[Decoded]]] = deque()
    pairs = zip(ids, encoded, strict=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for id_, image in tqdm(pairs, total=len(ids), desc="decoding images", unit="img"):
            waiting.append((id_, pool.submit(_decode, image, size)))
            if len(waiting) >= AHEAD:
                first, decoded = waiting.popleft()
                yield first, decoded.result()
        for id_, decoded in waiting:
            yield id_, decoded.result()


def _decode(encoded: bytes, size: tuple[int, int]) -> Decoded:
    try:
        return decode(encoded, size)
    except UnreadableImageError as error:
        return Rejection("unreadable image", str(error))
