"""Pairs: their runs from several seeds, and their towers before training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shopclip.dualencoder.examples import Examples
from shopclip.errors import ShopclipError
from shopclip.parameters import ImageParameters, Pair, TrainingParameters

if TYPE_CHECKING:
    from shopclip.dualencoder import DualEncoder
else:
    DualEncoder = Any  # what imports this must not load torch


class RepeatError(ShopclipError):
    """A pair that was configured bears the name of another one's repeat."""


def with_repeats(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters in which every pair knows its name, and stands `training.seeds` times.

    The first keeps its name, its repeats are `⟨pair⟩_seed1` and so on: pairs like any other, whose
    seed lies that much further on. Pairs that repeat others already are left as they are.

    Raises:
        RepeatError: a pair has the name that a repeat of another would have.
    """
    seeds = int((parameters.get("training") or {}).get("seeds", 1))
    configured = parameters.get("pairs") or {}
    pairs: dict[str, Any] = {}
    for name, pair in configured.items():
        pairs[name] = {**pair, "label": name}
        if not pair.get("repeats"):
            for number in range(1, seeds):
                repeat = f"{name}_seed{number}"
                if repeat in configured and configured[repeat].get("repeats") != name:
                    raise RepeatError(
                        f"pairs.{repeat}: with training.seeds: {seeds} this is the name of a "
                        f"repeat of pairs.{name}, whose results it would replace; give the pair "
                        "another name"
                    )
                pairs[repeat] = {**pair, "label": repeat, "repeats": name, "seed": number}
    return {**parameters, "pairs": pairs}


def runs_of(pairs: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Every pair that repeats no other, with the names of its runs, itself first."""
    runs: dict[str, tuple[str, ...]] = {
        name: (name,) for name, p in pairs.items() if not p.get("repeats")
    }
    for name, pair in pairs.items():
        if repeated := pair.get("repeats"):
            if repeated not in runs:
                raise ValueError(f"pairs.{name} repeats {repeated!r}, which is no pair of its own")
            runs[repeated] = (*runs[repeated], name)
    return runs


def build_towers(
    pair: Pair, training: Examples, parameters: TrainingParameters, images: ImageParameters
) -> DualEncoder:
    """The towers of a pair, whose tokenizer, where it is from scratch, learns from `training`."""
    from shopclip.dualencoder import DualEncoder

    recipe = parameters.recipe_for(pair)
    return DualEncoder.build(
        pair.text,
        pair.image,
        captions=training.captions,
        size=images.size.pixels,
        embed_dim=parameters.embed_dim,
        loss=recipe.loss,
        temperature=recipe.temperature,
        seed=parameters.seed + pair.seed,
    )
