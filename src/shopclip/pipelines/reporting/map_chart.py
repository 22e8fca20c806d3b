"""Both towers' embeddings on one plane: the charts of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

OTHER = "other"
COMMONEST = 5  # categories with a colour of their own
SIDE = 100.0  # of the drawing
MARGIN, RADIUS = 2.0, 0.9


@dataclass(frozen=True)
class Cloud:
    """Embeddings of one tower and category: its colour, and circles as one SVG path."""

    tower: str
    category: str
    colour: int
    path: str


@dataclass(frozen=True)
class Map:
    """Clouds of a pair, in drawing order; shares of the variance along the axes."""

    clouds: list[Cloud]
    products: int
    x_share: float
    y_share: float


def category_colours(maps: Mapping[str, pd.DataFrame]) -> dict[str, int]:
    """A number of the palette for each of the commonest categories, its last, grey, for others."""
    products = pd.concat(list(maps.values())).drop_duplicates("id")
    counts = products["category"].value_counts().sort_index().sort_values(
        ascending=False, kind="stable"
    )  # fmt: skip
    named = [str(name) for name in counts.index if name != OTHER][:COMMONEST]
    colours = {name: number for number, name in enumerate(named)}
    return colours if len(named) == len(counts) else {**colours, OTHER: COMMONEST}


def grouped(table: pd.DataFrame, colours: Mapping[str, int]) -> pd.Series[str]:
    """Each row's category, `other` where it has no colour of its own."""
    return table["category"].where(table["category"].isin(list(colours)), OTHER)


def embedding_maps(maps: Mapping[str, pd.DataFrame], colours: Mapping[str, int]) -> dict[str, Map]:
    """A map a pair, by its name; one unit is as long along x as along y."""
    return {pair: _map(maps[pair], colours) for pair in sorted(maps)}


def _map(table: pd.DataFrame, colours: Mapping[str, int]) -> Map:
    places = table[["x", "y"]].to_numpy()
    centre = (places.max(axis=0) + places.min(axis=0)) / 2
    half = max(float(np.abs(places - centre).max()), 1e-9)
    scaled = SIDE / 2 + (SIDE / 2 - MARGIN) * (places - centre) / half * [1, -1]
    groups = grouped(table, colours)
    clouds = []
    for tower in ("image", "text"):
        for category, colour in colours.items():
            chosen = ((table["tower"] == tower) & (groups == category)).to_numpy()
            if chosen.any():
                clouds.append(Cloud(tower, category, colour, _circles(scaled[chosen])))
    first = table.iloc[0]
    products = int(table["id"].nunique())
    return Map(clouds, products, float(first["x_share"]), float(first["y_share"]))


def _circles(places: np.ndarray) -> str:
    """One path for all: a page with thousands of elements is slow."""
    half = f"a{RADIUS:g} {RADIUS:g} 0 1 0"
    return "".join(
        f"M{x - RADIUS:.1f} {y:.1f}{half} {2 * RADIUS:g} 0{half}-{2 * RADIUS:g} 0"
        for x, y in places
    )
