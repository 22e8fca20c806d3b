"""Once for every pair, under its namespace:

image_embeddings, text_embeddings, examples, image_store ─ build_index ─→ index
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from kedro.pipeline import Pipeline, node

from shopclip.files.image_store import ImageStore
from shopclip.parameters import IndexParameters, Pair

if TYPE_CHECKING:
    from shopclip.datasets.index_dataset import IndexSource
else:
    IndexSource = Any  # Kedro resolves annotations when it starts, which must not load faiss


def build_index(
    image_embeddings: np.ndarray,
    text_embeddings: np.ndarray,
    examples: pd.DataFrame,
    image_store: ImageStore,
    pair: Pair,
    parameters: IndexParameters,
) -> IndexSource:
    """What the dataset builds the index from while it saves it."""
    from shopclip.datasets.index_dataset import IndexSource

    return IndexSource(
        pair=pair.label,
        examples=examples,
        image_embeddings=image_embeddings,
        text_embeddings=text_embeddings,
        pictures={"fingerprint": image_store.fingerprint, "size": image_store.images.shape[1:3]},
        settings=parameters.settings,
    )


def create_pipeline() -> Pipeline:
    return Pipeline(
        [
            node(
                build_index,
                [
                    "image_embeddings",
                    "text_embeddings",
                    "examples",
                    "image_store",
                    "params:pair",
                    "params:index",
                ],
                "index",
                name="build_index",
            )
        ]
    )
