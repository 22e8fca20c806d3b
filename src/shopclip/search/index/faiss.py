"""The two indexes of faiss: exact, and an HNSW graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import faiss
import numpy as np

from shopclip.search.index.protocol import Facts, IndexSettings, in_parts
from shopclip.search.index.structure import check_flat, check_graph

if TYPE_CHECKING:
    from shopclip.search.products import ProductTable
    from shopclip.search.selection import Selection


class FaissFile:
    """What both have in common: a file in the folder, memory-mapped."""

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
        index = cls.build(vectors, settings)
        faiss.write_index(index.faiss_index, str(folder / f"{name}.faiss"))
        return index

    @classmethod
    def open_in(cls, folder: Path, name: str, count: int, facts: Facts) -> Self:
        file = folder / f"{name}.faiss"
        if not file.is_file():  # faiss would say so in the words of C++
            raise FileNotFoundError(2, "missing", str(file))
        index = cls(faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC))
        index.check(count, facts)
        return index

    def __init__(self, faiss_index: Any) -> None:
        self.faiss_index = faiss_index

    def __len__(self) -> int:
        return int(self.faiss_index.ntotal)

    @classmethod
    def build(cls, vectors: np.ndarray, settings: IndexSettings) -> Self:
        raise NotImplementedError

    def check(self, count: int, facts: Facts) -> None:
        raise NotImplementedError


class ExactIndex(FaissFile):
    """Over a faiss IndexFlatIP."""

    remedy = "report this, an exact index finds everything"

    @classmethod
    def build(cls, vectors: np.ndarray, settings: IndexSettings | None = None) -> ExactIndex:
        """Args:
        vectors: float32 (n, embed_dim), L2-normalised.
        """
        flat = faiss.IndexFlatIP(vectors.shape[1])
        for part in in_parts(vectors):
            flat.add(part)
        return cls(flat)

    def check(self, count: int, facts: Facts) -> None:
        check_flat(self.faiss_index, count, facts["dimensions"])

    def search(
        self, queries: np.ndarray, k: int, among: Selection | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        if among is None:
            return self.faiss_index.search(queries, k)
        with Selected(among.mask) as selector:
            return self.faiss_index.search(queries, k, params=faiss.SearchParameters(sel=selector))

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        return self.faiss_index.reconstruct_batch(np.asarray(numbers, dtype=np.int64))


class Selected:
    """faiss's selector of the numbers that a mask marks; the bits must live as long as it does."""

    def __init__(self, mask: np.ndarray) -> None:
        self.bits = np.packbits(mask, bitorder="little")

    def __enter__(self) -> Any:
        return faiss.IDSelectorBitmap(self.bits)

    def __exit__(self, *_: object) -> None:
        del self.bits


SPARSE_THRESHOLD = (
    0.1  # share of the products below which a filter leaves the graph too sparse to walk
)


class ApproximateIndex(FaissFile):
    """Over a faiss IndexHNSWFlat (Malkov and Yashunin 2016)."""

    remedy = "raise index.ef_search (then index.ef_construction and index.m)"

    @property
    def exact(self) -> ExactIndex:
        """The same vectors without the graph."""
        return ExactIndex(faiss.downcast_index(self.faiss_index.storage))

    @classmethod
    def build(cls, vectors: np.ndarray, settings: IndexSettings) -> ApproximateIndex:
        """Args:
        vectors: float32 (n, embed_dim), L2-normalised.
        """
        graph = faiss.IndexHNSWFlat(vectors.shape[1], settings.m, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction = settings.ef_construction
        graph.hnsw.efSearch = settings.ef_search
        for part in in_parts(vectors):
            graph.add(part)
        return cls(graph)

    def check(self, count: int, facts: Facts) -> None:
        check_graph(self.faiss_index, count, facts["dimensions"], facts["ef_search"])

    def search(
        self, queries: np.ndarray, k: int, among: Selection | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        breadth = max(self.faiss_index.hnsw.efSearch, k)
        if among is None:
            return self.faiss_index.search(queries, k, params=_breadth(breadth))
        share = float(among.mask.mean())
        if share < SPARSE_THRESHOLD:
            return self.exact.search(queries, k, among)  # few vectors are quickly compared
        with Selected(among.mask) as selector:
            wider = _breadth(int(breadth / share), sel=selector)
            return self.faiss_index.search(queries, k, params=wider)

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        return self.exact.vectors(numbers)


def _breadth(breadth: int, **selector: Any) -> Any:
    return faiss.SearchParametersHNSW(efSearch=breadth, **selector)
