"""The approximate index: a graph of neighbours (HNSW), walked instead of compared in full."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from shopclip.search.index.exact import ExactIndex, Selected
from shopclip.search.index.parts import in_parts
from shopclip.search.index.protocol import IndexSettings

if TYPE_CHECKING:
    from shopclip.search.selection import Selection

FEW = 0.1  # share of the products below which a filter leaves the graph too sparse to walk


class ApproximateIndex:
    """Over a faiss IndexHNSWFlat (Malkov and Yashunin 2016)."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph
        self.exact = ExactIndex(faiss.downcast_index(graph.storage))

    @classmethod
    def build(cls, vectors: np.ndarray, settings: IndexSettings) -> ApproximateIndex:
        """Args:
        vectors: float32 (n, dimensions), L2-normalised.
        """
        graph = faiss.IndexHNSWFlat(vectors.shape[1], settings.links, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction = settings.build_breadth
        graph.hnsw.efSearch = settings.search_breadth
        for part in in_parts(vectors):
            graph.add(part)
        return cls(graph)

    @classmethod
    def open(cls, file: Path) -> ApproximateIndex:
        return cls(faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC))

    def save(self, file: Path) -> None:
        faiss.write_index(self.graph, str(file))

    def __len__(self) -> int:
        return int(self.graph.ntotal)

    def search(
        self, queries: np.ndarray, k: int, among: Selection | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        breadth = max(self.graph.hnsw.efSearch, k)
        if among is None:
            return self.graph.search(queries, k, params=_breadth(breadth))
        share = float(among.mask.mean())
        if share < FEW:
            return self.exact.search(queries, k, among)  # few vectors are quickly compared
        with Selected(among.mask) as selector:
            wider = _breadth(int(breadth / share), sel=selector)
            return self.graph.search(queries, k, params=wider)

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        return self.exact.vectors(numbers)


def _breadth(breadth: int, **selector: Any) -> Any:
    return faiss.SearchParametersHNSW(efSearch=breadth, **selector)
