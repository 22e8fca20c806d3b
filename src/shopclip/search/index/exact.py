"""The exact index: faiss compares a query with every vector, which are memory-mapped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from shopclip.search.index.parts import in_parts

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
