"""Our loop at 224 x 224 beside its own step on a batch in memory, and beside cached features."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from shopclip.dualencoder import Examples, Recipe
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.losses import info_nce
from shopclip.dualencoder.pixels import to_pixel_values
from training_rates import Row, Work, alternate
from training_towers import Pair, embed_pixel_values

SEEN = (224, 224)
HEAD_STEPS = 200  # a step of projections alone takes milliseconds


def time_steps(
    name: str,
    pair: Pair,
    examples: Examples,
    recipe: Recipe,
    device: torch.device,
    *,
    steps: int,
    repeats: int,
) -> tuple[Row, Row]:
    """The rows `end_to_end_over_bare_step` and `cached_features_over_full_step` of a pair.

    Args:
        steps: those of a full step's turn.
    """
    full = Learner(pair.build(examples, SEEN).to(device), examples, recipe)
    frozen = replace(recipe, text_mode="cached", image_mode="cached")
    model = pair.build(examples, SEEN).to(device)
    started = time.perf_counter()
    cached = Learner(model, examples, frozen)
    seconds = time.perf_counter() - started
    sides = {
        "end to end": train_steps(full, steps),
        "bare step": bare_steps(full, steps),
        "cached features": train_steps(cached, HEAD_STEPS),
    }
    for work in sides.values():  # the first turn of each is slower
        work()
    end, bare, heads = alternate(sides, repeats, device).values()
    bar = 0.97 if device.type == "cuda" else 0.90
    towers = f"{name}, {recipe.precision}"
    facts = {
        "seconds_for_features": round(seconds, 2),
        "pictures": len(examples),
        "captions": len(examples.captions),
    }
    return (
        Row(f"{towers}: end to end ÷ bare step", end, bare, bar),
        Row(f"{towers}: cached features ÷ full step", heads, end, 100, facts),
    )


def train_steps(learner: Learner, steps: int) -> Work:
    """So many steps as `fit` takes them, always the ones that follow the last."""
    starts = count(0, steps)

    def work() -> int:
        first = next(starts)
        last, images = first + steps, 0
        learner.train()
        while first < last:
            end = min(last, (first // learner.per_epoch + 1) * learner.per_epoch)
            for number, batch in learner.batches(first, end):
                learner.step(batch, number)
                images += len(batch)
            first = end
        return images

    return work


def bare_steps(learner: Learner, steps: int) -> Work:
    """The forward pass, backward pass and update of the same model, on one batch in memory."""
    inputs = batch_in_memory(learner)

    def work() -> int:
        learner.train()
        for _ in range(steps):
            bare_step(learner, *inputs)
        return steps * learner.batch_size

    return work


def batch_in_memory(learner: Learner) -> tuple[Tensor, Sequence[Tensor], Tensor]:
    """Pixel values, tokens and caption ids of the first batch, on the device."""
    _, batch = next(learner.batches(0, 1))
    return to_pixel_values(*batch.images, learner.model.image.size), batch.texts, batch.caption_ids


def bare_step(
    learner: Learner, pixel_values: Tensor, tokens: Sequence[Tensor], caption_ids: Tensor
) -> Tensor:
    """A step without anything around it; returns its loss."""
    model, optimizer = learner.model, learner.optimizer
    optimizer.zero_grad(set_to_none=True)
    with learner.precision.autocast():
        images = embed_pixel_values(model.image, pixel_values)
        texts = learner._texts.embed(*tokens)  # our own, which may group captions by length
    loss = info_nce(model.temperature(images @ texts.T), caption_ids)
    loss.backward()
    clip_grad_norm_(model.parameters(), learner.recipe.max_gradient_norm)
    optimizer.step()
    return loss.detach()
