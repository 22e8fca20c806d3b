"""The evaluation of the towers at the end of an epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shopclip.dualencoder.devices import Precision
from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.training_log import Epoch, Step
from shopclip.metrics.collapse import spread
from shopclip.metrics.geometry import hubness
from shopclip.metrics.ranks import rank

MAX_EXAMPLES = 1000  # examples; embedding them must be cheap beside an epoch


@dataclass(frozen=True)
class EpochEvaluator:
    """Examples with distinct captions that are embedded after every epoch.

    Attributes:
        images: integer (n,), rows of `examples.images`.
        captions: their captions.
    """

    examples: Examples
    images: np.ndarray
    captions: tuple[str, ...]

    @classmethod
    def of(cls, examples: Examples, most: int = MAX_EXAMPLES) -> EpochEvaluator:
        """The same ones every time, chosen evenly from all that have a caption of their own."""
        _, firsts = np.unique(examples.caption_ids, return_index=True)
        if len(firsts) < 2:  # nothing tells them apart, but a spread takes two
            firsts = np.arange(len(examples))
        chosen = firsts[np.unique(np.linspace(0, len(firsts) - 1, most).astype(int))]
        captions = tuple(examples.captions[caption] for caption in examples.caption_ids[chosen])
        return cls(examples, examples.rows[chosen], captions)

    def mrr(self, model: DualEncoder, precision: Precision) -> float:
        """Mean reciprocal rank, both directions."""
        with precision.autocast():
            images = model.embed_images(self.examples.images, self.images)
            texts = model.embed_captions(self.captions)
        ranks = rank(images, texts), rank(texts, images)
        return float(np.mean([one.reciprocals().mean() for one in ranks]))

    def evaluate(
        self, model: DualEncoder, steps: Sequence[Step], precision: Precision, seconds: float
    ) -> Epoch:
        """Judge the model after `steps`, which are those of the epoch."""
        with precision.autocast():
            images = model.embed_images(self.examples.images, self.images)
            texts = model.embed_captions(self.captions)
        image, text = spread(images), spread(texts)
        ranks = rank(images, texts), rank(texts, images)
        return Epoch(
            epoch=steps[-1].epoch,
            step=steps[-1].step + 1,
            loss=float(np.mean([step.loss for step in steps])),
            chance_loss=float(np.mean([step.chance_loss for step in steps])),
            temperature=steps[-1].temperature,
            image_mean_cosine=image.mean_cosine,
            text_mean_cosine=text.mean_cosine,
            image_effective_rank=image.effective_rank,
            text_effective_rank=text.effective_rank,
            hubness=hubness(texts, images),
            mrr=float(np.mean([one.reciprocals().mean() for one in ranks])),
            seconds=seconds,
        )
