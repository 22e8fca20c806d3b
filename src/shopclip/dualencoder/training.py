"""The training loop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from tqdm import tqdm

from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.losses import info_nce
from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.optimiser import build_optimiser, build_schedule
from shopclip.dualencoder.pixels import augment
from shopclip.dualencoder.recipe import Recipe
from shopclip.errors import ShopclipError


class TrainingError(ShopclipError):
    """Training cannot start or cannot go on."""


@dataclass(frozen=True)
class Step:
    """What one step leaves in the log.

    `loss` is in nats, `chance_loss` is that of towers that see nothing, `learning_rate` the highest
    of all parts, `temperature` one over the scale.
    """

    step: int
    epoch: int
    loss: float
    chance_loss: float
    gradient_norm: float
    learning_rate: float
    temperature: float
    images_per_second: float


def choose_device(wanted: str = "auto") -> torch.device:
    """CUDA where there is one, else the CPU, unless a device is named."""
    if wanted != "auto":
        return torch.device(wanted)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fit(
    model: DualEncoder,
    examples: Examples,
    recipe: Recipe,
    *,
    seed: int = 0,
    device: torch.device | str = "cpu",
    title: str = "training",
) -> list[Step]:
    """Train the model in place and return its log, one entry a step.

    On a CPU the same seed gives the same weights to the last bit.

    Args:
        examples: the training examples, at least two.
        seed: of dropout, augmentation and the order of examples.
        title: what the progress bar is called.

    Raises:
        TrainingError: there is nothing to contrast, or the loss is no longer finite.
    """
    if recipe.epochs and len(examples) < 2:
        raise TrainingError(f"contrastive training takes at least 2 examples, got {len(examples)}")
    batch_size = min(recipe.batch_size, len(examples))
    per_epoch = len(examples) // batch_size if batch_size else 0
    model.to(device)
    tokens = model.tokenise(examples.captions)
    optimiser = build_optimiser(model, recipe)
    schedule = build_schedule(optimiser, steps=recipe.epochs * per_epoch, warmup=recipe.warmup)
    order = torch.Generator().manual_seed(seed)
    log: list[Step] = []
    with (
        torch.random.fork_rng(devices=[]),
        tqdm(total=recipe.epochs * per_epoch, desc=title, unit="step", mininterval=1) as bar,
    ):
        torch.manual_seed(seed)
        for epoch in range(recipe.epochs):
            model.train()  # an embedding call between epochs may have switched it off
            for batch in _batches(len(examples), batch_size, order):
                started = time.perf_counter()
                caption_ids = torch.from_numpy(examples.caption_ids[batch])
                images = torch.from_numpy(examples.pixels(batch)).to(device)
                images = augment(images, crop=recipe.crop, flip=recipe.flip, generator=order)
                drawn = _draw_captions(examples, batch, order)
                logits = model(images, *tokens.batch(drawn, device))
                loss = info_nce(logits, caption_ids.to(device))
                norm = _update(model, loss, optimiser, recipe.max_gradient_norm)
                rate = float(max(schedule.get_last_lr()))
                schedule.step()
                log.append(
                    Step(
                        step=len(log),
                        epoch=epoch,
                        loss=loss.item(),
                        chance_loss=float(np.log(len(batch))),
                        gradient_norm=norm,
                        learning_rate=rate,
                        temperature=1 / model.temperature.scale.item(),
                        images_per_second=len(batch) / (time.perf_counter() - started),
                    )
                )
                _check_finite(log[-1])
                bar.set_postfix(epoch=epoch + 1, loss=f"{log[-1].loss:.3f}", refresh=False)
                bar.update()
    return log


def _batches(examples: int, size: int, order: torch.Generator) -> Iterator[np.ndarray]:
    """A new permutation in batches of one size; the rest of an epoch meets its turn in another."""
    permutation = torch.randperm(examples, generator=order)
    for batch in permutation[: examples - examples % size].split(size):
        yield batch.numpy()


def _draw_captions(examples: Examples, batch: np.ndarray, order: torch.Generator) -> Tensor:
    """A row of `captions` for each example: its only one, or one of its variants."""
    if examples.variants is None:
        return torch.from_numpy(examples.caption_ids[batch])
    variants = torch.from_numpy(examples.variants[batch])
    drawn = torch.randint(variants.shape[1], (len(batch), 1), generator=order)
    return variants.gather(1, drawn).squeeze(1)


def _update(
    model: DualEncoder, loss: Tensor, optimiser: torch.optim.Optimizer, max_norm: float
) -> float:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    norm = clip_grad_norm_(model.parameters(), max_norm).item()
    optimiser.step()
    model.temperature.clamp_()
    return norm


def _check_finite(step: Step) -> None:
    if not np.isfinite(step.loss):
        raise TrainingError(
            f"the loss became {step.loss} at step {step.step} (epoch {step.epoch + 1}, learning "
            f"rate {step.learning_rate:.2g}); lower the learning rates or lengthen warmup"
        )
