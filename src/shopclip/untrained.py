"""A pair's towers as they are before training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shopclip.dualencoder.examples import Examples
from shopclip.parameters import ImageParameters, Pair, TrainingParameters

if TYPE_CHECKING:
    from shopclip.dualencoder import DualEncoder
else:
    DualEncoder = Any  # what imports this must not load torch


def build_towers(
    pair: Pair, training: Examples, parameters: TrainingParameters, images: ImageParameters
) -> DualEncoder:
    """The towers of a pair, whose tokenizer, where it is from scratch, learns from `training`."""
    from shopclip.dualencoder import DualEncoder

    recipe = parameters.recipe_for(pair)
    return DualEncoder.build(
        pair.text, pair.image, captions=training.captions, size=images.size.pixels,
        dimensions=parameters.dimensions, loss=recipe.loss, temperature=recipe.temperature,
        seed=parameters.seed + pair.seed,
    )  # fmt: skip
