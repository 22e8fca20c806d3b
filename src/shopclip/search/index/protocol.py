"""What every kind of index can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

if TYPE_CHECKING:
    from shopclip.search.selection import Selection

ROWS = 100_000


def in_parts(vectors: np.ndarray) -> Iterator[np.ndarray]:
    """Float (n, dimensions), in memory, mapped or in shards → contiguous float32 parts of it."""
    for start in range(0, len(vectors), ROWS):
        yield np.ascontiguousarray(vectors[start : start + ROWS], dtype=np.float32)


Kind = Literal["exact", "approximate", "milvus"]


class VectorIndex(Protocol):
    """L2-normalised vectors by number, found by inner product."""

    def __len__(self) -> int: ...

    def search(
        self, queries: np.ndarray, k: int, among: Selection | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The nearest vectors of each query, nearest first.

        Args:
            queries: float32 (n, dimensions), L2-normalised.
            k: how many.
            among: the products that may be found; all by default.

        Returns:
            Cosine similarities, float32 (n, k), and numbers, int64 (n, k); -1 where fewer than k
            may be found.
        """
        ...

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        """The vectors of these numbers, float32 (n, dimensions)."""
        ...


@dataclass(frozen=True)
class IndexSettings:
    """How an index is built.

    Attributes:
        kind: `exact` and `approximate` are files beside the embeddings, `milvus` is a database.
        min_recall: share of the ten exact nearest that the index has to find.
        m: neighbours that a vector of the approximate index is linked to.
        ef_construction: candidates looked at when a vector is linked.
        ef_search: candidates looked at when a query is answered.
        uri: of the database: a file for Milvus Lite, http(s)://… for a server or cluster.
    """

    kind: Kind = "exact"
    min_recall: float = 0.95
    m: int = 32
    ef_construction: int = 200
    ef_search: int = 128
    uri: str = "data/07_model_output/milvus.db"


Facts = dict[str, Any]  # what JSON can hold
