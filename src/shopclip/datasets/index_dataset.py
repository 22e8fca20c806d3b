"""The index of a pair's embeddings as a dataset: built while it is saved."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from kedro.io import AbstractDataset

from shopclip.search.index.build import build
from shopclip.search.index.opened import FACTS, SearchIndex
from shopclip.search.index.protocol import IndexSettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class IndexSource:
    """What an index is built from.

    Attributes:
        examples: of the table `examples`, a row an embedding.
        image_embeddings, text_embeddings: L2-normalised float32 (examples, dimensions).
        pictures: `fingerprint` and `size` (height, width) of the image store.
        settings: its kind, and how it is built.
    """

    examples: pd.DataFrame
    image_embeddings: np.ndarray
    text_embeddings: np.ndarray
    pictures: dict[str, object]
    settings: IndexSettings


class IndexDataset(AbstractDataset[IndexSource, SearchIndex]):
    """Builds the index in a draft beside the folder, measures it, and puts it in place.

    Example:
        ```yaml
        "{pair}.index":
          type: shopclip.datasets.index_dataset.IndexDataset
          filepath: data/07_model_output/{pair}/index
          pair: "{pair}"
        ```
    """

    def __init__(self, *, filepath: str, pair: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath, self._pair = Path(filepath), pair
        self.metadata = metadata

    def load(self) -> SearchIndex:
        """Raises SearchError if the index is missing, damaged or of another format."""
        return SearchIndex.open(self._filepath)

    def save(self, data: IndexSource) -> None:
        """Raises SearchError if its recall is below `index.min_recall`."""
        facts = build(
            self._filepath,
            pair=self._pair,
            examples=data.examples,
            image_embeddings=data.image_embeddings,
            text_embeddings=data.text_embeddings,
            pictures=data.pictures,
            settings=data.settings,
        )
        logger.info(
            "%s: %s index of %d products, recall@10 %.3f",
            facts["pair"],
            facts["kind"],
            facts["products"],
            facts["recall"]["images"]["recall"],
        )

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "pair": self._pair}

    def _exists(self) -> bool:
        return (self._filepath / FACTS).is_file()
