"""The index of a pair's embeddings as a dataset: built while it is saved."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shopclip.datasets.local_dataset import LocalDataset
from shopclip.search.index.build import build
from shopclip.search.index.opened import FACTS, SearchIndex
from shopclip.search.index.protocol import IndexSettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class IndexSource:
    """What an index is built from.

    Attributes:
        pair: its name.
        examples: of the table `examples`, a row an embedding.
        image_embeddings, text_embeddings: L2-normalised float32 (examples, embed_dim).
        pictures: `fingerprint` and `size` (height, width) of the image store.
        settings: its kind, and how it is built.
    """

    pair: str
    examples: pd.DataFrame
    image_embeddings: np.ndarray
    text_embeddings: np.ndarray
    pictures: dict[str, object]
    settings: IndexSettings


class IndexDataset(LocalDataset[IndexSource, SearchIndex]):
    """Builds the index in a draft beside the folder, measures it, and puts it in place.

    Example:
        ```yaml
        "{pair}.index":
          type: shopclip.datasets.index_dataset.IndexDataset
          filepath: data/07_model_output/{pair}/index
        ```
    """

    proof = FACTS

    def load(self) -> SearchIndex:
        """Raises SearchError if the index is missing, damaged or of another format."""
        return SearchIndex.open(self.load_path)

    def save(self, data: IndexSource) -> None:
        """Raises SearchError if its recall is below `index.min_recall`."""
        facts = build(
            self.save_path,
            pair=data.pair,
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
