"""Arrays on disk: one .npy file, or shards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from shopclip.datasets.errors import reading
from shopclip.datasets.local_dataset import LocalDataset
from shopclip.files.atomic import atomic_file
from shopclip.files.shards import FACTS, Shards, read_shards, write_shards


class NumpyDataset(LocalDataset[np.ndarray, np.ndarray]):
    """Never pickles: an array of objects is refused on both ways."""

    def load(self) -> np.ndarray:
        """Raises UnreadableError if the file is missing or not whole."""
        file = self.load_path
        with reading(file):
            return np.load(file, mmap_mode="r", allow_pickle=False)

    def save(self, data: np.ndarray) -> None:
        with atomic_file(self.save_path) as draft, draft.open("wb") as file:
            np.save(file, data, allow_pickle=False)


class ShardsDataset(LocalDataset[np.ndarray | Iterable[np.ndarray], np.ndarray | Shards]):
    """Takes an array, or batches of its rows, of which `rows` are in memory at a time.

    Example:
        ```yaml
        "{pair}.image_embeddings":
          type: shopclip.datasets.ShardsDataset
          filepath: data/07_model_output/{pair}/image_embeddings
          rows: 250_000
        ```
    """

    proof = FACTS

    def __init__(self, *, rows: int = 250_000, **location: Any) -> None:
        """Args:
        rows: in memory at a time, and in a shard.
        location: `filepath`, `version` and `metadata`, as the catalog gives them.
        """
        super().__init__(**location)
        self._rows = rows

    def load(self) -> np.ndarray | Shards:
        """Raises UnreadableError if a shard is missing or not whole."""
        folder = self.load_path
        with reading(folder):
            return read_shards(folder)

    def save(self, data: np.ndarray | Iterable[np.ndarray]) -> None:
        batches = [data] if isinstance(data, np.ndarray) else data
        write_shards(self.save_path, batches, rows=self._rows)

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "rows": self._rows}
