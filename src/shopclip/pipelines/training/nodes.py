"""Nodes that train a pair. Torch is imported when one runs, not when Kedro starts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopclip.dualencoder.image_store import ImageStore
from shopclip.parameters import CaptionParameters, ImageParameters, Pair, TrainingParameters
from shopclip.pipelines.training.examples import training_examples

if TYPE_CHECKING:
    from shopclip.dualencoder import DualEncoder
else:
    DualEncoder = Any  # Kedro resolves annotations when it starts, which must not load torch


def train(
    examples: pd.DataFrame,
    image_store: ImageStore,
    pair: Pair,
    parameters: TrainingParameters,
    images: ImageParameters,
    captions: CaptionParameters,
) -> tuple[DualEncoder, pd.DataFrame]:
    """Build the towers of a pair and fit them to the training split; the log has a row a step."""
    from shopclip.dualencoder import DualEncoder, Step, choose_device, fit

    recipe, seed = parameters.recipe_for(pair), parameters.seed
    training = training_examples(examples, image_store, captions, seed)
    model = DualEncoder.build(
        pair.text, pair.image, captions=training.captions, size=images.size.pixels,
        dimensions=parameters.dimensions, temperature=recipe.temperature, seed=seed,
    )  # fmt: skip
    log = fit(model, training, recipe, seed=seed, device=choose_device(parameters.device))
    columns = list(Step.__dataclass_fields__)
    return model, pd.DataFrame([asdict(step) for step in log], columns=columns)
