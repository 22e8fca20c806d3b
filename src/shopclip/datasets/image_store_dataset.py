"""The image store as a dataset: saved from a stream, loaded as a memory map."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from shopclip.files.image_store import ImageStore, ImageStoreError, ImageStream, write_image_store

logger = logging.getLogger(__name__)


class ImageStoreDataset(AbstractDataset[ImageStream, ImageStore]):
    """Writes decoded images as they come, so that memory stays flat whatever the catalogue.

    A stream whose source is that of the complete store already there is not even begun.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> ImageStore:
        return ImageStore.load(self._filepath)

    def save(self, data: ImageStream) -> None:
        if (store := self._complete()) and data.source and store.source == data.source:
            logger.info("the image store is up to date: %d images, none decoded", len(store))
            return
        write_image_store(self._filepath, data)

    def _complete(self) -> ImageStore | None:
        try:
            return ImageStore.load(self._filepath)  # self.load() would wrap the error
        except ImageStoreError:
            return None

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}

    def _exists(self) -> bool:
        return (self._filepath / "image_store.json").is_file()
