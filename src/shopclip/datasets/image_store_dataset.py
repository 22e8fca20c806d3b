"""The image store as a dataset: saved from a stream, loaded as a memory map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from shopclip.dualencoder.image_store import ImageStore, ImageStream, write_image_store


class ImageStoreDataset(AbstractDataset[ImageStream, ImageStore]):
    """Writes decoded images as they come, so that memory stays flat whatever the catalogue."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> ImageStore:
        return ImageStore.load(self._filepath)

    def save(self, data: ImageStream) -> None:
        write_image_store(self._filepath, data)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}

    def _exists(self) -> bool:
        return (self._filepath / "image_store.json").is_file()
