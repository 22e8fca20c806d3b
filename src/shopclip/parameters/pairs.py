"""Pairs: their runs from several seeds, and their towers before training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.recipe import Recipe
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
    training = parameters.get("training") or {}
    seeds, configured = int(training.get("seeds", 1)), parameters.get("pairs") or {}
    pairs: dict[str, Any] = {}
    everyone = with_public_models(configured, training)
    fixed = {name for name, pair in everyone.items() if _is_fixed(pair, everyone, training)}
    for name, pair in everyone.items():
        pairs[name] = {**pair, "label": name}
        if not pair.get("repeats") and name not in fixed:
            for number in range(1, seeds):
                repeat = f"{name}_seed{number}"
                if repeat in configured and configured[repeat].get("repeats") != name:
                    raise RepeatError(
                        f"pairs.{repeat}: with training.seeds: {seeds} this is the name of a "
                        f"repeat of pairs.{name}, whose results it would replace; give the pair "
                        "another name"
                    )
                pairs[repeat] = {**pair, "label": repeat, "repeats": name, "seed": number}
                if pair.get("ensemble"):
                    pairs[repeat]["ensemble"] = {
                        member if member in fixed else f"{member}_seed{number}": weight
                        for member, weight in pair["ensemble"].items()
                    }
    return {**parameters, "pairs": pairs}


def _is_fixed(
    pair: Mapping[str, Any], pairs: Mapping[str, Mapping[str, Any]], training: Mapping[str, Any]
) -> bool:
    """Whether every seed of it would be the same, as of a public model that is not trained."""
    if members := pair.get("ensemble"):
        return all(_is_fixed(pairs.get(name, {}), pairs, training) for name in members)
    return bool(pair.get("name")) and not _epochs(pair, training)


AS_IT_IS = "_as_it_is"


def with_public_models(
    configured: Mapping[str, Any], training: Mapping[str, Any]
) -> dict[str, Any]:
    """Pairs in which every public model that is fine-tuned stands once more, untrained.

    The one that is as it is says what the fine-tuning is worth: `⟨pair⟩_as_it_is`, unless such a
    pair is configured.

    Raises:
        RepeatError: another pair has its name.
    """
    pairs: dict[str, Any] = {}
    models = {_model(pair) for pair in configured.values() if not _epochs(pair, training)}
    for name, pair in configured.items():
        pairs[name] = pair
        if not pair.get("name") or pair.get("repeats") or _model(pair) in models:
            continue
        models.add(_model(pair))
        if (untrained := f"{name}{AS_IT_IS}") in configured:
            raise RepeatError(
                f"pairs.{untrained}: this is the name of pairs.{name} before it is fine-tuned, "
                "whose results it would replace; give the pair another name, or make it the same "
                "model with recipe: {epochs: 0}"
            )
        pairs[untrained] = {**pair, "recipe": {"epochs": 0}}
    return pairs


def _model(pair: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(pair.get(key) for key in ("name", "revision", "subfolder"))


def _epochs(pair: Mapping[str, Any], training: Mapping[str, Any]) -> int:
    own, shared = pair.get("recipe") or {}, training.get("recipe") or {}
    return int(own.get("epochs", shared.get("epochs", Recipe().epochs)))


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


def ensembles_of(pairs: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The pairs that each ensemble is made of."""
    return {name: tuple(pair["ensemble"]) for name, pair in pairs.items() if pair.get("ensemble")}


def teachers_of(pairs: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The pair that each pupil learns from."""
    taught = {name: (pair.get("recipe") or {}).get("teacher") for name, pair in pairs.items()}
    return {name: teacher for name, teacher in taught.items() if teacher}


def build_towers(
    pair: Pair, training: Examples, parameters: TrainingParameters, images: ImageParameters
) -> DualEncoder:
    """The towers of a pair; a tokenizer from scratch learns from `training`."""
    from shopclip.dualencoder import DualEncoder

    recipe = parameters.recipe_for(pair)
    if (source := pair.public) is not None:
        return DualEncoder.from_pretrained(source, loss=recipe.loss, temperature=recipe.temperature)
    text, image = pair.towers
    return DualEncoder.build(
        text,
        image,
        captions=training.captions,
        size=images.size.pixels,
        embed_dim=parameters.embed_dim,
        loss=recipe.loss,
        temperature=recipe.temperature,
        seed=parameters.seed + pair.seed,
    )
