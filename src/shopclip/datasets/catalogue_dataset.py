"""A product catalogue as the raw dataset of the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from shopclip.catalogue import Catalogue, open_catalogue

SAMPLE = "sample"


class CatalogueDataset(AbstractDataset[None, Catalogue]):
    """Opens the catalogue at `source`; the word `sample` means the built-in one.

    The built-in one is drawn at `filepath` if it is not there yet.

    Example:
        ```yaml
        raw_catalogue:
          type: shopclip.datasets.CatalogueDataset
          source: ../fashion-product-images-small
          filepath: data/01_raw/sample
        ```
    """

    def __init__(
        self, *, source: str, filepath: str, metadata: dict[str, Any] | None = None
    ) -> None:
        self._source = source
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Catalogue:
        if self._source == SAMPLE:
            from shopclip.sample import draw_catalogue

            return open_catalogue(draw_catalogue(self._filepath))
        return open_catalogue(Path(self._source).expanduser())

    def save(self, data: None) -> NoReturn:
        raise DatasetError("a raw catalogue is read only")

    def _describe(self) -> dict[str, Any]:
        return {"source": self._source, "filepath": str(self._filepath)}

    def _exists(self) -> bool:
        return self._source == SAMPLE or Path(self._source).expanduser().exists()
