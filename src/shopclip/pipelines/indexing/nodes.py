"""The node that builds a pair's index."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shopclip.dualencoder.image_store import ImageStore
from shopclip.parameters import IndexParameters

logger = logging.getLogger(__name__)


def build_index(
    image_embeddings: np.ndarray,
    text_embeddings: np.ndarray,
    examples: pd.DataFrame,
    image_store: ImageStore,
    index_folder: Path,
    parameters: IndexParameters,
) -> dict[str, Any]:
    """Replace what is in the pair's index folder; returns what its `index.json` says.

    Raises:
        SearchError: its recall is below `index.least_recall`, or the embeddings are of other
            examples.
    """
    from shopclip.search.index.build import build

    facts = build(
        index_folder,
        pair=index_folder.parent.name,
        examples=examples,
        image_embeddings=image_embeddings,
        text_embeddings=text_embeddings,
        pictures={"fingerprint": image_store.fingerprint, "size": image_store.images.shape[1:3]},
        settings=parameters.settings,
    )
    logger.info(
        "%s: %s index of %d products, recall@10 %.3f",
        facts["pair"], facts["kind"], facts["products"], facts["recall"]["images"]["recall"],
    )  # fmt: skip
    return facts
