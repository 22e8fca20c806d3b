"""Can these towers learn at all? A minute that saves a night."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import torch

from shopclip.dualencoder.epoch_evaluator import EpochEvaluator
from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.recipe import Recipe
from shopclip.dualencoder.training_errors import explained
from shopclip.metrics.ranks import rank

EXAMPLES = 128
SECONDS = 45.0
ACCURACY_THRESHOLD = 0.95  # share of captions found, at which towers have shown that they can
MAX_EPOCHS = 10_000  # the clock ends it, so the rate stays at its peak


@dataclass(frozen=True)
class Preflight:
    """What came of learning a few examples by heart.

    Attributes:
        accuracy: share of the images whose own caption is the nearest, ties as chance.
        loss, chance_loss: of the last step, in nats.
        seconds: from the first step on.
    """

    examples: int
    steps: int
    seconds: float
    loss: float
    chance_loss: float
    accuracy: float

    @property
    def passed(self) -> bool:
        return self.accuracy >= ACCURACY_THRESHOLD


def overfit(
    model: DualEncoder,
    examples: Examples,
    recipe: Recipe,
    *,
    seed: int = 0,
    device: torch.device | str = "cpu",
    seconds: float = SECONDS,
) -> Preflight:
    """Train the model, in place, on `EXAMPLES` examples with distinct captions until it knows them.

    The recipe's rates and batch size hold; augmentation, caption variants, attributes, epochs of
    projections alone and the falling part of the schedule are left out.

    Args:
        examples: at least two, with at least two captions.
        seconds: after which it gives up.

    Raises:
        TrainingError: memory ran out, or the loss is not finite.
    """
    few = _few(examples)
    batch = min(recipe.batch_size, len(few))
    plain = replace(
        recipe,
        teacher=None,
        attribute_weight=0,
        epochs=MAX_EPOCHS,
        warmup=20 / MAX_EPOCHS,
        flip=False,
        crop=1,
        jitter=0,
        projection_epochs=0,
        latent_mixup=0,
        batch_size=batch,
    )
    learner = Learner(model.to(device), few, plain, seed=seed)
    started, steps, accuracy = time.perf_counter(), 0, 0.0
    with learner.fork_rng(), explained(plain, batch, None):
        while accuracy < ACCURACY_THRESHOLD and time.perf_counter() - started < seconds:
            for number, taken in learner.batches(steps, steps + learner.per_epoch):
                last = learner.step(taken, number)
            steps += learner.per_epoch
            accuracy = _accuracy(model, few)
    spent = time.perf_counter() - started
    return Preflight(len(few), steps, spent, last.loss, last.chance_loss, accuracy)


def _few(examples: Examples) -> Examples:
    chosen = EpochEvaluator.of(examples, EXAMPLES)
    return replace(
        examples,
        rows=chosen.images,
        caption_ids=np.arange(len(chosen.captions)),
        captions=chosen.captions,
        variants=None,
        labels=None,
    )


def _accuracy(model: DualEncoder, examples: Examples) -> float:
    images = model.embed_images(examples.images, examples.rows)
    return float(rank(images, model.embed_captions(examples.captions)).hits(1).mean())
