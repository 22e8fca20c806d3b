"""A product catalogue as the raw dataset of the graph."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from shopclip.catalogue import Catalogue, open_catalogue
from shopclip.catalogue.columns import CatalogueError
from shopclip.catalogue.locations import SAMPLE, CatalogueLocation
from shopclip.files.atomic import atomic_file
from shopclip.files.storage import writing


class CatalogueDataset(AbstractDataset[CatalogueLocation, Catalogue]):
    """Remembers in `filepath` where the catalogue lies, and opens it.

    So whatever runs later reads the catalogue that the products came from. The built-in one is
    drawn beside the file if it is not there yet.

    Example:
        ```yaml
        raw_catalogue:
          type: shopclip.datasets.CatalogueDataset
          filepath: data/01_raw/catalogue.json
        ```
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Catalogue:
        """Raises CatalogueError if the file or the catalogue cannot be read."""
        try:
            location = CatalogueLocation(**json.loads(self._filepath.read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise CatalogueError(
                f"{self._filepath}: does not say where the catalogue lies ({error}); "
                "run the stage ingestion again: kedro run --pipelines ingestion"
            ) from error
        if location.path == SAMPLE:
            from shopclip.sample import draw_catalogue

            drawn = self._filepath.with_name(SAMPLE)
            try:
                with writing(drawn):
                    folder = draw_catalogue(drawn)
            except FileExistsError as error:  # such as that of an older version
                raise CatalogueError(
                    f"{drawn}: holds another catalogue than this version draws; move it away, and "
                    "it is drawn again"
                ) from error
            location = replace(location, path=str(folder))
        return replace(open_catalogue(location.path, location.columns), name=location.name)

    def save(self, data: CatalogueLocation) -> None:
        with atomic_file(self._filepath) as draft:
            draft.write_text(json.dumps(asdict(data), indent=1), "utf-8")

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}

    def _exists(self) -> bool:
        return self._filepath.is_file()
