"""How much of the exact answer an index finds."""

from __future__ import annotations

import numpy as np

from shopclip.search.errors import SearchError
from shopclip.search.index.exact import ExactIndex
from shopclip.search.index.protocol import Facts, IndexSettings, VectorIndex

NEAREST = 10
QUERIES = 1000  # at most, evenly drawn


def measure(index: VectorIndex, vectors: np.ndarray, queries: np.ndarray) -> Facts:
    """Recall@10 against the exact search over the same vectors.

    A vector found counts if it is as similar as the tenth exact one, so that products with equal
    pictures do not count as missed.

    Args:
        vectors: float32 (n, dimensions), what the index was built from.
        queries: float32 (m, dimensions), from the other tower: what the index will be asked.

    Returns:
        `k`, `queries`, `recall`.
    """
    k = min(NEAREST, len(vectors))
    drawn = np.unique(np.linspace(0, len(queries) - 1, QUERIES).astype(int))
    asked = np.ascontiguousarray(queries[drawn], dtype=np.float32)
    exact, _ = ExactIndex.build(vectors).search(asked, k)
    similarities, numbers = index.search(asked, k)
    found = (similarities >= exact[:, -1:] - 1e-6) & (numbers >= 0)
    return {"k": k, "queries": len(drawn), "recall": round(float(found.mean()), 4)}


def refuse_below(facts: Facts, settings: IndexSettings, what: str) -> None:
    """Raises:
    SearchError: the recall is less than `settings.least_recall`.
    """
    if facts["recall"] < settings.least_recall:
        remedy = {
            "approximate": "raise index.search_breadth (then index.build_breadth and index.links)",
            "milvus": "tune the database's index",
        }.get(settings.kind, "report this, an exact index finds everything")
        raise SearchError(
            f"the {settings.kind} index of {what} finds {facts['recall']:.1%} of the exact ten "
            f"nearest, expected at least {settings.least_recall:.1%} (index.least_recall); "
            f"{remedy}, or take index.kind: exact"
        )
