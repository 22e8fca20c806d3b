"""One step of training, and everything that it changes."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from shopclip.dualencoder.attribute_heads import AttributeHeads
from shopclip.dualencoder.devices import Precision
from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.feeds import build_feeds, draw_captions
from shopclip.dualencoder.gradient_cache import Side, backward
from shopclip.dualencoder.layer_decay import layers_below_top
from shopclip.dualencoder.lora import add_adapters, merge_adapters
from shopclip.dualencoder.losses import LOSSES, contrast
from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.optimizer import build_optimizer, set_learning_rates
from shopclip.dualencoder.parallel.batch_norm import share_batch_norms
from shopclip.dualencoder.parallel.workers import BatchShard, Workers
from shopclip.dualencoder.recipe import Mode, Recipe
from shopclip.dualencoder.teacher import Distillation, Targets, targets_of
from shopclip.dualencoder.towers import ImageTower, TextTower
from shopclip.dualencoder.training_log import Step

logger = logging.getLogger(__name__)

LEARNING = ("train", "lora")  # modes in which an encoder has dropout, and its norms learn


@dataclass(frozen=True)
class Batch:
    """This worker's part of a batch on the device, and the captions of the whole batch."""

    images: tuple[Tensor, ...]
    texts: tuple[Tensor, ...]
    caption_ids: Tensor
    targets: Targets | None = None
    labels: Tensor | None = None

    def __len__(self) -> int:
        return len(self.caption_ids)


class Learner:
    """A model with what trains it.

    Everything left to chance in an epoch or a step depends on the seed and its number alone: a
    training that is resumed has no generator to restore.

    Attributes:
        batch_size: that of the recipe, or all examples where there are fewer.
        per_epoch: steps in an epoch; what is left of its examples meets its turn in another one.
        steps: those of all epochs.
    """

    def __init__(
        self,
        model: DualEncoder,
        examples: Examples,
        recipe: Recipe,
        *,
        seed: int = 0,
        cache: Path | None = None,
        workers: Workers | None = None,
    ) -> None:
        self.model, self.recipe, self._seed = model, recipe, seed
        self.workers = workers or Workers()
        self._examples, self._loss = examples, LOSSES[recipe.loss]
        self.model.distillation = _distillation(model, examples, recipe)
        self.model.attribute_heads = _attribute_heads(model, examples, recipe)
        self.batch_size = min(recipe.batch_size, len(examples))
        self.per_epoch = len(examples) // self.batch_size
        self._thaws = recipe.projection_epochs * self.per_epoch
        _prepare(model, recipe, seed)
        share_batch_norms(model, self.workers)
        self.precision = Precision(recipe.precision, model.device)
        self._images, self._texts = build_feeds(
            model, examples, recipe, self.precision, cache, self.workers
        )
        self.optimizer = build_optimizer(model, recipe, self._thaws)
        self._parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        self.steps = recipe.epochs * self.per_epoch

    def batches(self, first: int, last: int) -> Iterator[tuple[int, Batch]]:
        """The batches of the steps from `first` up to `last`, which is in the same epoch."""
        epoch = first // self.per_epoch
        order = torch.randperm(len(self._examples), generator=self._generator("order", epoch))
        for step in range(first, last):
            start = (step - epoch * self.per_epoch) * self.batch_size
            yield step, self._take(order[start : start + self.batch_size].numpy(), step)

    def fork_rng(self) -> AbstractContextManager[None]:
        """Steps seed torch's global generators; afterwards these are as they were."""
        device = self.model.device
        return torch.random.fork_rng(devices=[device] if device.type == "cuda" else [])

    def train(self) -> None:
        """Switch to training; a frozen encoder keeps its dropout off and its statistics."""
        self.model.train()
        self.model.text.encoder.train(self.recipe.text_mode in LEARNING)
        self.model.image.encoder.train(self.recipe.image_mode in LEARNING)

    def _freeze(self) -> None:
        """While projections learn alone, encoders rest, and no gradient reaches them."""
        for tower in (self.model.text, self.model.image):
            tower.encoder.requires_grad_(False).eval()

    def _thaw(self) -> None:
        for parameter in self._parameters:
            parameter.requires_grad_(True)

    def step(self, batch: Batch, number: int) -> Step:
        """Learn from a batch; the global generators are at its mercy.

        Raises:
            FloatingPointError: the loss or the gradient is not finite; the weights are as before.
        """
        started = time.perf_counter()
        self.train()  # an embedding call since the last step may have switched it off
        self._thaw()
        if number < self._thaws:
            self._freeze()
        own = f" of worker {self.workers.rank}" if self.workers.rank else ""
        torch.manual_seed(self._generator(f"dropout{own}", number).initial_seed())
        self.optimizer.zero_grad(set_to_none=True)
        backward(
            (Side(self._embed_images, batch.images), Side(self._embed_texts, batch.texts)),
            lambda images, texts: self._loss_of(images, texts, batch),
            micro_batch=self.recipe.micro_batch,
            scale=self.precision.scaler.scale,
            model=self.model,
        )
        self.workers.all_reduce_gradients(self.model)
        loss = self.workers.all_reduce_number(self._contrastive)
        rate, norm = self._update(loss, number)
        return Step(
            step=number,
            epoch=number // self.per_epoch,
            loss=loss,
            chance_loss=self._loss.uniform(batch.caption_ids),
            gradient_norm=norm,
            learning_rate=rate,
            temperature=1 / self.model.temperature.scale.item(),
            images_per_second=len(batch) / (time.perf_counter() - started),
        )

    def _loss_of(self, images: Tensor, texts: Tensor, batch: Batch) -> Tensor:
        """This worker's part; the log gets the contrastive one, which compares with chance."""
        temperature, ids = self.model.temperature, batch.caption_ids
        loss = contrast(images, texts, ids, self._loss, temperature, self.workers)
        self._contrastive = loss.item()
        if self.model.distillation is not None and batch.targets is not None:
            distance = self.model.distillation(images, texts, batch.targets, len(batch))
            loss = loss + self.recipe.teacher_weight * distance
        if self.model.attribute_heads is not None and batch.labels is not None:
            missed = self.model.attribute_heads(images, texts, batch.labels, len(batch))
            loss = loss + self.recipe.attribute_weight * missed
        return loss

    def finish(self) -> None:
        """Leave the model as it is saved: with nothing of training, adapters in the weights."""
        self.model.distillation = self.model.attribute_heads = None
        for tower, mode in _towers(self.model, self.recipe):
            if mode == "lora":
                merge_adapters(tower.encoder)

    def _update(self, loss: float, number: int) -> tuple[float, float]:
        """Move the weights; returns the highest learning rate and the gradient norm."""
        scaler, recipe = self.precision.scaler, self.recipe
        scaler.unscale_(self.optimizer)
        norm = clip_grad_norm_(self.model.parameters(), recipe.max_gradient_norm).item()
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss became {loss} at {self._place(number)}")
        # A scaler leaves out a step whose scaled gradient overflowed, and scales less; one that
        # would have to scale down has met no overflow.
        if not math.isfinite(norm) and (not scaler.is_enabled() or scaler.get_scale() < 1):
            raise FloatingPointError(f"the gradient norm became {norm} at {self._place(number)}")
        rate = set_learning_rates(self.optimizer, number, steps=self.steps, warmup=recipe.warmup)
        scaler.step(self.optimizer)
        scaler.update()
        self.model.temperature.clamp_()
        return rate, norm

    def _place(self, number: int) -> str:
        return f"step {number} (epoch {number // self.per_epoch + 1})"

    def _generator(self, purpose: str, number: int) -> torch.Generator:
        entropy = [self._seed, number, *purpose.encode()]
        (seed,) = np.random.SeedSequence(entropy).generate_state(1, np.uint64)
        return torch.Generator().manual_seed(int(seed) >> 1)

    def _take(self, batch: np.ndarray, step: int) -> Batch:
        generator, shard = self._generator("augmentation", step), self.workers.shard(len(batch))
        caption_ids = torch.from_numpy(self._examples.caption_ids[batch])
        images = self._images.take(batch, generator, shard)
        again = generator.clone_state()
        texts = self._texts.take(batch, generator, shard)
        if self.recipe.latent_mixup:
            images, texts, caption_ids = self._mixed(batch, images, texts, step)
        return Batch(
            images,
            texts,
            caption_ids.to(self.model.device),
            self._targets(batch, again, shard),
            self._labels(shard.of(batch)),
        )

    def _mixed(
        self, batch: np.ndarray, images: tuple[Tensor, ...], texts: tuple[Tensor, ...], step: int
    ) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...], Tensor]:
        """FuseMix: features mixed with those of partners, by one share on both sides.

        Vouitsis et al. 2023 (arXiv 2312.10144, section 4). Mixed examples are positives of each
        other where both captions that went into them are the same.
        """
        generator, shard = self._generator("mixup", step), self.workers.shard(len(batch))
        order = torch.randperm(len(batch), generator=generator).numpy()
        alpha = self.recipe.latent_mixup
        entropy = int(torch.randint(2**62, (1,), generator=generator))
        share = float(np.random.default_rng(entropy).beta(alpha, alpha))
        others = (
            self._images.take(batch[order], generator, shard),
            self._texts.take(batch[order], generator, shard),
        )
        mixed = (
            tuple(torch.lerp(two, one, share) for one, two in zip(own, other, strict=True))
            for own, other in zip((images, texts), others, strict=True)
        )
        first = self._examples.caption_ids[batch].astype(np.int64)
        both = first * (self._examples.caption_ids.max() + 1) + first[order]
        return next(mixed), next(mixed), torch.from_numpy(both)

    def _targets(
        self, batch: np.ndarray, generator: torch.Generator, shard: BatchShard
    ) -> Targets | None:
        """What the teacher says of the pictures and of the very captions that are drawn."""
        if self.model.distillation is None:
            return None
        captions = shard.of(draw_captions(self._examples, batch, generator)).numpy()
        return targets_of(self._examples, shard.of(batch), captions, self.model.device)

    def _labels(self, examples: np.ndarray) -> Tensor | None:
        labels = self._examples.labels
        if labels is None or self.model.attribute_heads is None:
            return None
        return torch.from_numpy(labels[examples]).to(self.model.device)

    def _embed_images(self, *inputs: Tensor) -> Tensor:
        with self.precision.autocast():
            return self._images.embed(*inputs)

    def _embed_texts(self, *inputs: Tensor) -> Tensor:
        with self.precision.autocast():
            return self._texts.embed(*inputs)


def _distillation(model: DualEncoder, examples: Examples, recipe: Recipe) -> Distillation | None:
    """None for a pair without a teacher, and for one to which its teacher means nothing."""
    if recipe.teacher is None or not recipe.teacher_weight:
        return None
    assert examples.teacher_images is not None
    width = examples.teacher_images.shape[1]
    return Distillation(model.embed_dim, width).to(model.device)


def _attribute_heads(
    model: DualEncoder, examples: Examples, recipe: Recipe
) -> AttributeHeads | None:
    """None where attributes are not asked for, or not known."""
    if not recipe.attribute_weight:
        return None
    if examples.labels is None:
        logger.warning("attribute_weight has no effect: no attribute has two values to tell apart")
        return None
    return AttributeHeads(model.embed_dim, (examples.labels.max(axis=0) + 1).tolist()).to(
        model.device
    )


def _towers(model: DualEncoder, recipe: Recipe) -> tuple[tuple[TextTower | ImageTower, Mode], ...]:
    return (model.text, recipe.text_mode), (model.image, recipe.image_mode)


def _prepare(model: DualEncoder, recipe: Recipe, seed: int) -> None:
    """Set what of the model learns, and how it computes."""
    for tower, mode in _towers(model, recipe):
        tower.encoder.requires_grad_(mode == "train")
        if mode == "lora":
            add_adapters(tower.encoder, recipe, seed)
        below, unlocked = layers_below_top(tower.encoder), recipe.unlocked_layers
        if mode in LEARNING and _asks_for_layers(recipe) and not any(below.values()):
            logger.warning("%s has no layers to tell apart", type(tower.encoder).__name__)
        for name, parameter in tower.encoder.named_parameters():
            locked = unlocked is not None and below[name] >= unlocked and mode == "train"
            if locked or name in tower.facts.unused:  # has no part in what the tower says
                parameter.requires_grad_(False)
        _set_gradient_checkpointing(tower.encoder, recipe.gradient_checkpointing)
    layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
    model.image.to(memory_format=layout)


def _asks_for_layers(recipe: Recipe) -> bool:
    return recipe.layer_decay < 1 or recipe.unlocked_layers is not None


def _set_gradient_checkpointing(encoder: Any, wanted: bool) -> None:
    if wanted and not encoder.supports_gradient_checkpointing:
        logger.warning("%s keeps its activations: it cannot recompute them", type(encoder).__name__)
    elif wanted:
        # transformers 5.18 gave the method a new name.
        enable = getattr(encoder, "activation_checkpointing_enable", None)
        (enable or encoder.gradient_checkpointing_enable)()
    elif any(getattr(part, "gradient_checkpointing", False) for part in encoder.modules()):
        disable = getattr(encoder, "activation_checkpointing_disable", None)
        (disable or encoder.gradient_checkpointing_disable)()
