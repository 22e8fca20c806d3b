"""The splits `train` and `validation`, as the training loop takes them."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pandas as pd

from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.image_store import ImageStore
from shopclip.enrichment import enrich
from shopclip.parameters import CaptionParameters

logger = logging.getLogger(__name__)


def training_examples(
    examples: pd.DataFrame, image_store: ImageStore, parameters: CaptionParameters, seed: int
) -> Examples:
    """The examples of the split `train`.

    With a template the enriched captions follow the raw ones, and every example has its variants.
    """
    chosen = examples[examples["split"] == "train"]
    raw = _numbered(chosen, image_store)
    if parameters.template is None or chosen.empty:
        return raw
    drawn = enrich(chosen, parameters, seed)
    logger.info("captions are enriched, for example: %s", drawn[0, 0])
    rows, enriched = pd.factorize(drawn.ravel())
    variants = rows.reshape(drawn.shape).astype(np.int64) + len(raw.captions)
    return replace(raw, captions=(*raw.captions, *enriched), variants=variants)


def validation_examples(examples: pd.DataFrame, image_store: ImageStore) -> Examples | None:
    """The examples of the split `validation`, with raw captions; None if there are fewer than 2."""
    chosen = examples[examples["split"] == "validation"]
    return _numbered(chosen, image_store) if len(chosen) >= 2 else None


def _numbered(chosen: pd.DataFrame, image_store: ImageStore) -> Examples:
    """These examples, their captions numbered anew, from 0."""
    rows, captions = chosen["row"].to_numpy(), chosen["caption"].tolist()
    return Examples.collect(image_store, rows, chosen["caption_id"].to_numpy(), captions)
