"""The runs of a pair: its training from one seed, or from several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shopclip.errors import ShopclipError


class RepeatError(ShopclipError):
    """A pair that was configured bears the name of another one's repeat."""


def with_repeats(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters in which every pair stands `training.seeds` times.

    The first keeps its name, its repeats are `⟨pair⟩_seed1` and so on: pairs like any other, whose
    seed lies that much further on. Pairs that repeat others already are left as they are.

    Raises:
        RepeatError: a pair has the name that a repeat of another would have.
    """
    seeds = int((parameters.get("training") or {}).get("seeds", 1))
    configured = parameters.get("pairs") or {}
    pairs: dict[str, Any] = {}
    for name, pair in configured.items():
        pairs[name] = pair
        if not pair.get("repeats"):
            for number in range(1, seeds):
                repeat = f"{name}_seed{number}"
                if repeat in configured and configured[repeat].get("repeats") != name:
                    raise RepeatError(
                        f"pairs.{repeat}: with training.seeds: {seeds} this is the name of a "
                        f"repeat of pairs.{name}, whose results it would replace; give the pair "
                        "another name"
                    )
                pairs[repeat] = {**pair, "repeats": name, "seed": number}
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
