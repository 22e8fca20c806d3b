"""The two indexes of faiss: exact, and an HNSW graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from shopclip.search.index.protocol import IndexSettings, in_parts

if TYPE_CHECKING:
    from shopclip.search.selection import Selection


class ExactIndex:
    """Over a faiss IndexFlatIP."""

    def __init__(self, flat: Any) -> None:
        self.flat = flat

    @classmethod
    def build(cls, vectors: np.ndarray) -> ExactIndex:
        """Args:
        vectors: float32 (n, dimensions), L2-normalised.
        """
        flat = faiss.IndexFlatIP(vectors.shape[1])
        for part in in_parts(vectors):
            flat.add(part)
        return cls(flat)

    @classmethod
    def open(cls, file: Path) -> ExactIndex:
        return cls(faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC))

    def save(self, file: Path) -> None:
        faiss.write_index(self.flat, str(file))

    def __len__(self) -> int:
        return int(self.flat.ntotal)

    def search(
        self, queries: np.ndarray, k: int, among: Selection | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        if among is None:
            return self.flat.search(queries, k)
        with Selected(among.mask) as selector:
            return self.flat.search(queries, k, params=faiss.SearchParameters(sel=selector))

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        return self.flat.reconstruct_batch(np.asarray(numbers, dtype=np.int64))


class Selected:
    """faiss's selector of the numbers that a mask marks; the bits must live as long as it does."""

    def __init__(self, mask: np.ndarray) -> None:
        self.bits = np.packbits(mask, bitorder="little")

    def __enter__(self) -> Any:
        return faiss.IDSelectorBitmap(self.bits)

    def __exit__(self, *_: object) -> None:
        del self.bits


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
        graph = faiss.IndexHNSWFlat(vectors.shape[1], settings.m, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction = settings.ef_construction
        graph.hnsw.efSearch = settings.ef_search
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
