"""The training split, as the training loop takes it."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.image_store import ImageStore
from shopclip.parameters import CaptionParameters
from shopclip.pipelines.training.enrichment import enrich

logger = logging.getLogger(__name__)


def training_examples(
    examples: pd.DataFrame, image_store: ImageStore, parameters: CaptionParameters, seed: int
) -> Examples:
    """The examples of the split `train`; their captions are numbered anew, from 0.

    With a template the enriched captions follow the raw ones, and every example has its variants.
    """
    chosen = examples[examples["split"] == "train"]
    numbers, _ = pd.factorize(chosen["caption_id"])
    captions = chosen["caption"][~pd.Series(numbers, index=chosen.index).duplicated()].tolist()
    variants = None
    if parameters.template is not None and len(chosen):
        drawn = enrich(chosen, parameters, seed)
        logger.info("captions are enriched, for example: %s", drawn[0, 0])
        rows, enriched = pd.factorize(drawn.ravel())
        variants = rows.reshape(drawn.shape).astype(np.int64) + len(captions)
        captions += enriched.tolist()
    return Examples(
        images=image_store.images,
        rows=chosen["row"].to_numpy(np.int64),
        caption_ids=numbers.astype(np.int64),
        captions=tuple(captions),
        variants=variants,
    )
