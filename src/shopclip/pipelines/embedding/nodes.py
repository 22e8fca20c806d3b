"""Nodes that embed every example, in the order of the `examples` table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from shopclip.dualencoder.image_store import ImageStore
from shopclip.parameters import TrainingParameters

if TYPE_CHECKING:
    from shopclip.dualencoder import DualEncoder
else:
    DualEncoder = Any  # Kedro resolves annotations when it starts, which must not load torch


def embed_images(
    dual_encoder: DualEncoder,
    examples: pd.DataFrame,
    image_store: ImageStore,
    parameters: TrainingParameters,
) -> np.ndarray:
    """L2-normalised float32 (examples, dimensions)."""
    from shopclip.dualencoder import choose_device

    model = dual_encoder.to(choose_device(parameters.device))
    return model.embed_images(image_store.images, examples["row"].to_numpy())


def embed_texts(
    dual_encoder: DualEncoder, examples: pd.DataFrame, parameters: TrainingParameters
) -> np.ndarray:
    """L2-normalised float32 (examples, dimensions); a repeated caption is embedded once."""
    from shopclip.dualencoder import choose_device

    distinct = examples.drop_duplicates("caption_id")
    rows = pd.Series(range(len(distinct)), index=distinct["caption_id"])
    model = dual_encoder.to(choose_device(parameters.device))
    return model.embed_captions(distinct["caption"].tolist())[rows[examples["caption_id"]]]
