"""A folder that a node keeps in order itself, such as a cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from shopclip.files.storage import writing


class FolderDataset(AbstractDataset[NoReturn, Path]):
    """Loads the path of the folder, which is made if it is not there yet.

    Attributes:
        is_artefact: nothing is made from what lies there, so that it may change at any time.

    Example:
        ```yaml
        encoder_features:
          type: shopclip.datasets.FolderDataset
          filepath: data/04_feature
        ```
    """

    is_artefact = False

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Path:
        with writing(self._filepath):
            self._filepath.mkdir(parents=True, exist_ok=True)
        return self._filepath

    def save(self, data: NoReturn) -> NoReturn:
        raise DatasetError(f"{self._filepath}: only the node that reads this folder writes into it")

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}

    def _exists(self) -> bool:
        return self._filepath.is_dir()
