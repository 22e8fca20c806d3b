"""The pictures that each pair finds most often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Hub:
    """A picture: its row in the image store, and how many captions found it."""

    row: int
    caption: str
    found: str


@dataclass(frozen=True)
class Hubs:
    """Those of a pair, the commonest first; `captions` asked, `chance` found each picture."""

    pictures: list[Hub]
    captions: int
    chance: str


def hubs_of(hubs: Mapping[str, pd.DataFrame]) -> dict[str, Hubs | None]:
    """By pair, in the order of their names; None where no picture is found more than by chance."""
    return {pair: _hubs(hubs[pair]) for pair in sorted(hubs)}


def _hubs(table: pd.DataFrame) -> Hubs | None:
    if table.empty:
        return None
    first = table.iloc[0]
    pictures = [
        Hub(int(row), caption, _count(found))
        for row, caption, found in zip(table["row"], table["caption"], table["found"], strict=True)
    ]
    return Hubs(pictures, int(first["captions"]), _count(first["chance"]))


def _count(times: float) -> str:
    """Whole where it is; ties leave fractions."""
    return f"{times:,.1f}".removesuffix(".0")
