"""What every kind of index can do."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self

import numpy as np

if TYPE_CHECKING:
    from shopclip.search.products import ProductTable
    from shopclip.search.selection import Selection

ROWS = 100_000
Facts = dict[str, Any]  # what JSON can hold


def in_parts(vectors: np.ndarray) -> Iterator[np.ndarray]:
    """Float (n, embed_dim), in memory, mapped or in shards → contiguous float32 parts of it."""
    for start in range(0, len(vectors), ROWS):
        yield np.ascontiguousarray(vectors[start : start + ROWS], dtype=np.float32)


Kind = Literal["exact", "approximate", "milvus"]
KINDS: dict[str, str] = {  # imported when one is asked for: a kind may need a library of its own
    "exact": "shopclip.search.index.faiss:ExactIndex",
    "approximate": "shopclip.search.index.faiss:ApproximateIndex",
    "milvus": "shopclip.search.index.milvus:MilvusIndex",
}


def kind_of(name: str) -> type[VectorIndex]:
    """The class of a kind."""
    return pkgutil.resolve_name(KINDS[name])  # type: ignore[no-any-return]


class VectorIndex(Protocol):
    """L2-normalised vectors by number, found by inner product.

    Attributes:
        remedy: what to do where its recall is too low.
    """

    remedy: ClassVar[str]

    @classmethod
    def build_in(
        cls,
        folder: Path,
        name: str,
        vectors: np.ndarray,
        settings: IndexSettings,
        products: ProductTable | None = None,
    ) -> Self:
        """Build an index of float32 (n, embed_dim), and write it into the folder if it is a file.

        Args:
            name: of the file, or of a collection of a database.
            products: whose attributes can be filtered by.
        """
        ...

    @classmethod
    def open_in(cls, folder: Path, name: str, count: int, facts: Facts) -> Self:
        """Open what `build_in` left.

        Args:
            folder: of the index.
            count: vectors in it.
            facts: what `index.json` says.

        Raises:
            OSError, ValueError, SearchError: it is missing, or not what the facts tell of.
        """
        ...

    def __len__(self) -> int: ...

    def search(
        self, queries: np.ndarray, k: int, among: Selection | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The nearest vectors of each query, nearest first.

        Args:
            queries: float32 (n, embed_dim), L2-normalised.
            k: how many.
            among: the products that may be found; all by default.

        Returns:
            Cosine similarities, float32 (n, k), and numbers, int64 (n, k); -1 where fewer than k
            may be found.
        """
        ...

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        """The vectors of these numbers, float32 (n, embed_dim)."""
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
