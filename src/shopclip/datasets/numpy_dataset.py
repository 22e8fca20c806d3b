"""One array in an .npy file, loaded as a memory map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import AbstractDataset

from shopclip.datasets.errors import reading
from shopclip.dualencoder.atomic import atomic_file


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
