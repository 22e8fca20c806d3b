"""Vectors a part at a time, for those that lie in files larger than memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

ROWS = 100_000


def in_parts(vectors: np.ndarray) -> Iterator[np.ndarray]:
    """Float (n, dimensions), in memory, mapped or in shards → contiguous float32 parts of it."""
    for start in range(0, len(vectors), ROWS):
        yield np.ascontiguousarray(vectors[start : start + ROWS], dtype=np.float32)
