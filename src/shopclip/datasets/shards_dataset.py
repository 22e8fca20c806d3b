"""An array in a folder of .npy files, written as its batches come and loaded as memory maps."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import AbstractDataset

from shopclip.datasets.errors import reading
from shopclip.dualencoder.shards import FACTS, Shards, read_shards, write_shards


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
