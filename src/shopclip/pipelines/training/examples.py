"""The training split, as the training loop takes it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.image_store import ImageStore


def training_examples(examples: pd.DataFrame, image_store: ImageStore) -> Examples:
    """The examples of the split `train`; their captions are numbered anew, from 0."""
    chosen = examples[examples["split"] == "train"]
    numbers, _ = pd.factorize(chosen["caption_id"])
    captions = chosen["caption"][~pd.Series(numbers, index=chosen.index).duplicated()]
    return Examples(
        images=image_store.images,
        rows=chosen["row"].to_numpy(np.int64),
        caption_ids=numbers.astype(np.int64),
        captions=tuple(captions),
    )
