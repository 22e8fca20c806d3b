"""Arrays on disk: one .npy file, or shards."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import AbstractDataset

from shopclip.datasets.errors import reading
from shopclip.files.atomic import atomic_file
from shopclip.files.shards import FACTS, Shards, read_shards, write_shards


class NumpyDataset(AbstractDataset[np.ndarray, np.ndarray]):
    """Never pickles: an array of objects is refused on both ways."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> np.ndarray:
        """Raises UnreadableError if the file is missing or not whole."""
        with reading(self._filepath):
            return np.load(self._filepath, mmap_mode="r", allow_pickle=False)

    def save(self, data: np.ndarray) -> None:
        with atomic_file(self._filepath) as draft, draft.open("wb") as file:
            np.save(file, data, allow_pickle=False)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}

    def _exists(self) -> bool:
        return self._filepath.is_file()


class ShardsDataset(AbstractDataset[np.ndarray | Iterable[np.ndarray], np.ndarray | Shards]):
    """Takes an array, or batches of its rows, of which `rows` are in memory at a time.

    Example:
        ```yaml
        "{pair}.image_embeddings":
          type: shopclip.datasets.ShardsDataset
          filepath: data/07_model_output/{pair}/image_embeddings
          rows: 250_000
        ```
    """

    def __init__(
        self, *, filepath: str, rows: int = 250_000, metadata: dict[str, Any] | None = None
    ) -> None:
        self._filepath, self._rows = Path(filepath), rows
        self.metadata = metadata

    def load(self) -> np.ndarray | Shards:
        """Raises UnreadableError if a shard is missing or not whole."""
        with reading(self._filepath):
            return read_shards(self._filepath)

    def save(self, data: np.ndarray | Iterable[np.ndarray]) -> None:
        batches = [data] if isinstance(data, np.ndarray) else data
        write_shards(self._filepath, batches, rows=self._rows)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "rows": self._rows}

    def _exists(self) -> bool:
        return (self._filepath / FACTS).is_file()
