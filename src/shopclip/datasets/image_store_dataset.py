"""The image store as a dataset: saved from a stream, loaded as a memory map."""

from __future__ import annotations

import logging

from kedro.io.core import VersionNotFoundError

from shopclip.datasets.local_dataset import LocalDataset
from shopclip.files.image_store import ImageStore, ImageStoreError, ImageStream, write_image_store

logger = logging.getLogger(__name__)


class ImageStoreDataset(LocalDataset[ImageStream, ImageStore]):
    """Writes decoded images as they come, so that memory stays flat whatever the catalogue.

    A stream whose source is that of the complete store already there is not even begun.
    """

    proof = "image_store.json"

    def load(self) -> ImageStore:
        return ImageStore.load(self.load_path)

    def save(self, data: ImageStream) -> None:
        if (store := self._complete()) and data.source and store.source == data.source:
            logger.info("the image store is up to date: %d images, none decoded", len(store))
            return
        write_image_store(self.save_path, data)

    def _complete(self) -> ImageStore | None:
        try:
            return ImageStore.load(self.load_path)  # self.load() would wrap the error
        except (ImageStoreError, VersionNotFoundError):
            return None
