"""How a batch of examples gets to a tower: as pixels and tokens, or as features computed before.

A feed takes a batch from memory to the device (`take`) and embeds what it took (`embed`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from shopclip.dualencoder.devices import Precision
from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.features import image_features, text_features
from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.parallel.workers import BatchShard, Workers
from shopclip.dualencoder.pixels import augment
from shopclip.dualencoder.recipe import Recipe
from shopclip.dualencoder.tokenization import LengthGroups, Tokens
from shopclip.dualencoder.towers import ImageTower, TextTower


class Feed(Protocol):
    """One side of a batch."""

    @property
    def embed(self) -> Callable[..., Tensor]:
        """What was taken → L2-normalised (batch, embed_dim)."""

    def take(
        self, batch: np.ndarray, generator: torch.Generator, shard: BatchShard
    ) -> tuple[Tensor, ...]:
        """Inputs of this part of the examples on the device, the batch first.

        Chance comes from `generator`, and is drawn for the whole batch.
        """


class Compiled:
    """A tower by way of its compiled encoder; the tower itself stays as it is.

    The encoder alone, because pictures come in the size of their crop, another one every step, and
    a size that it has not met is compiled again.
    """

    def __init__(self, tower: ImageTower | TextTower) -> None:
        self._tower, self._encoder = tower, torch.compile(tower.encoder)

    def __call__(self, *inputs: Tensor) -> Tensor:
        return self._tower.projection(self._tower.features(*inputs, encoder=self._encoder))


@dataclass(frozen=True)
class Pictures:
    """Augmented pixels for the image tower."""

    embed: Callable[..., Tensor]
    examples: Examples
    recipe: Recipe
    device: torch.device

    def take(
        self, batch: np.ndarray, generator: torch.Generator, shard: BatchShard
    ) -> tuple[Tensor, ...]:
        images = torch.from_numpy(self.examples.pixels(shard.of(batch))).to(self.device)
        return (augment(images, self.recipe, generator, shard),)


@dataclass(frozen=True)
class Captions:
    """Tokens for the text tower."""

    embed: Callable[..., Tensor]
    examples: Examples
    tokens: Tokens
    device: torch.device

    def take(
        self, batch: np.ndarray, generator: torch.Generator, shard: BatchShard
    ) -> tuple[Tensor, ...]:
        rows = shard.of(draw_captions(self.examples, batch, generator))
        return self.tokens.batch(rows, self.device)


@dataclass(frozen=True)
class CachedPictures:
    """Features of the pictures, for the projection alone."""

    embed: Callable[..., Tensor]
    features: np.ndarray
    device: torch.device

    def take(
        self, batch: np.ndarray, generator: torch.Generator, shard: BatchShard
    ) -> tuple[Tensor, ...]:
        return (torch.from_numpy(self.features[shard.of(batch)]).to(self.device),)


@dataclass(frozen=True)
class CachedCaptions:
    """Features of the captions, for the projection alone."""

    embed: Callable[..., Tensor]
    examples: Examples
    features: np.ndarray
    device: torch.device

    def take(
        self, batch: np.ndarray, generator: torch.Generator, shard: BatchShard
    ) -> tuple[Tensor, ...]:
        rows = shard.of(draw_captions(self.examples, batch, generator)).numpy()
        return (torch.from_numpy(self.features[rows]).to(self.device),)


def build_feeds(
    model: DualEncoder,
    examples: Examples,
    recipe: Recipe,
    precision: Precision,
    cache: Path | None,
    workers: Workers,
) -> tuple[Feed, Feed]:
    """The feeds of the image and of the text tower; frozen encoders must not learn by now."""
    device, tokens = model.device, model.tokenise(examples.captions)

    def embed(tower: ImageTower | TextTower) -> Callable[..., Tensor]:
        return Compiled(tower) if recipe.compile else tower

    images: Feed = Pictures(embed(model.image), examples, recipe, device)
    of_captions = LengthGroups(embed(model.text)) if device.type == "cpu" else embed(model.text)
    texts: Feed = Captions(of_captions, examples, tokens, device)
    if recipe.image_mode == "cached":
        with workers.main_process_first():
            features = image_features(model.image.eval(), examples, precision, cache)
        images = CachedPictures(model.image.projection, features, device)
    if recipe.text_mode == "cached":
        with workers.main_process_first():
            features = text_features(model.text.eval(), tokens, precision, cache)
        texts = CachedCaptions(model.text.projection, examples, features, device)
    return images, texts


def draw_captions(examples: Examples, batch: np.ndarray, generator: torch.Generator) -> Tensor:
    """A row of `captions` for each example: its only one, or one of its variants."""
    if examples.variants is None:
        return torch.from_numpy(examples.caption_ids[batch])
    variants = torch.from_numpy(examples.variants[batch])
    drawn = torch.randint(variants.shape[1], (len(batch), 1), generator=generator)
    return variants.gather(1, drawn).squeeze(1)
