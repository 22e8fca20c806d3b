"""The node that says what a pair's index is built from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from shopclip.dualencoder.image_store import ImageStore
from shopclip.parameters import IndexParameters

if TYPE_CHECKING:
    from shopclip.datasets.index_dataset import IndexSource
else:
    IndexSource = Any  # Kedro resolves annotations when it starts, which must not load faiss


def build_index(
    image_embeddings: np.ndarray,
    text_embeddings: np.ndarray,
    examples: pd.DataFrame,
    image_store: ImageStore,
    parameters: IndexParameters,
) -> IndexSource:
    """What the dataset builds the index from while it saves it."""
    from shopclip.datasets.index_dataset import IndexSource

    return IndexSource(
        examples=examples,
        image_embeddings=image_embeddings,
        text_embeddings=text_embeddings,
        pictures={"fingerprint": image_store.fingerprint, "size": image_store.images.shape[1:3]},
        settings=parameters.settings,
    )
