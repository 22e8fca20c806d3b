"""A product catalogue as the raw dataset of the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from shopclip.catalogue import Catalogue, open_catalogue

SAMPLE = "sample"


class CatalogueDataset(AbstractDataset[None, Catalogue]):
    """Opens the catalogue at `path`; the word `sample` draws the built-in one first.

    Example:
        ```yaml
        raw_catalogue:
          type: shopclip.datasets.CatalogueDataset
          path: ../fashion-product-images-small
          sample_path: data/01_raw/sample
        ```
    """

    def __init__(
        self, *, path: str, sample_path: str, metadata: dict[str, Any] | None = None
    ) -> None:
        self._path = path
        self._sample_path = Path(sample_path)
        self.metadata = metadata

    def load(self) -> Catalogue:
        if self._path == SAMPLE:
            from shopclip.sample import draw_catalogue

            return open_catalogue(draw_catalogue(self._sample_path))
        return open_catalogue(Path(self._path).expanduser())

    def save(self, data: None) -> NoReturn:
        raise DatasetError("a raw catalogue is read only")

    def _describe(self) -> dict[str, Any]:
        return {"path": self._path, "sample_path": str(self._sample_path)}

    def _exists(self) -> bool:
        return self._path == SAMPLE or Path(self._path).expanduser().exists()
