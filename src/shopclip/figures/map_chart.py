"""Both towers' embeddings on one plane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from shopclip.figures.chart import Chart, Key, Sheet, spoken
from shopclip.figures.style import INK, ON_LIGHT, QUIET, RULE, SMALL
from shopclip.metrics.scoring import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OTHER = "other"
MAX_CATEGORIES = 5  # categories with a colour of their own
MIN_SIDE, MAX_SIDE = 2.7, 3.4  # inches of a panel's side
MARGIN = 1.04  # of what is drawn, around it


def category_colors(maps: Mapping[str, pd.DataFrame]) -> dict[str, int]:
    """A number of the palette for each of the commonest categories, its last, grey, for others."""
    products = pd.concat(list(maps.values())).drop_duplicates("id")
    counts = (
        products["category"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    )
    names = [str(name) for name in counts.index if name != OTHER][:MAX_CATEGORIES]
    colors = {name: number for number, name in enumerate(names)}
    return colors if len(names) == len(counts) else {**colors, OTHER: MAX_CATEGORIES}


def grouped(table: pd.DataFrame, colors: Mapping[str, int]) -> pd.Series[str]:
    """Each row's category, `other` where it has no colour of its own."""
    return table["category"].where(table["category"].isin(list(colors)), OTHER)


def map_chart(maps: Mapping[str, pd.DataFrame]) -> Chart:
    """A panel a pair: images filled, texts hollow, coloured by category."""
    return Chart(
        name="map",
        title="Both towers on one plane",
        subtitle="principal components of images and texts together; a dot an embedding; coloured "
        "by masterCategory",
        words="The embeddings of images and texts of every pair on their first two principal "
        "components.",
        draw=lambda sheet: _draw(sheet, maps),
    )


def _draw(sheet: Sheet, maps: Mapping[str, pd.DataFrame]) -> None:
    colors = category_colors(maps)
    sheet.keys(_keys(colors))
    side = min(sheet.across(len(maps), MIN_SIDE), MAX_SIDE)
    panels = sheet.panels(len(maps), MIN_SIDE, height=side, bottom=0.34)
    for axes, pair in zip(panels, sorted(maps), strict=True):
        _panel(axes, pair, maps[pair], colors)


def _panel(axes: Axes, pair: str, table: pd.DataFrame, colors: Mapping[str, int]) -> None:
    groups = grouped(table, colors)
    for tower in ("image", "text"):
        for category, number in colors.items():
            chosen = table[(table["tower"] == tower) & (groups == category)]
            axes.plot(chosen["x"], chosen["y"], **_dot(tower, ON_LIGHT[number], 3.2))
    points = table[["x", "y"]].to_numpy()
    centre = (points.max(axis=0) + points.min(axis=0)) / 2
    half = MARGIN * max(float(np.abs(points - centre).max()), 1e-9)
    (x, y), products, first = centre, table["id"].nunique(), table.iloc[0]
    # One unit is as long along x as along y.
    axes.set(xlim=(x - half, x + half), ylim=(y - half, y + half), xticks=[], yticks=[])
    axes.set_aspect("equal", anchor="NW")
    axes.spines[:].set(visible=True, color=RULE)
    axes.set_title(pair, color=INK)
    axes.set_title(f"{products:,} products", loc="right", size=SMALL)
    shares = [percent(first[f"{axis}_share"]) for axis in "xy"]
    axes.annotate(
        f"across {shares[0]} %, up {shares[1]} % of the variance",
        (0, 0),
        (0, -5),
        xycoords="axes fraction",
        textcoords="offset points",
        va="top",
        color=QUIET,
        size=SMALL,
    )
    spoken(
        axes,
        f"{pair}: {products:,} products, an image and a text each; across {shares[0]} %, "
        f"up {shares[1]} % of the variance",
    )


def _dot(tower: str, color: str, size: float) -> dict[str, Any]:
    return {
        "marker": "o",
        "linestyle": "none",
        "markersize": size,
        "markeredgewidth": 0.7,
        "markeredgecolor": color,
        "alpha": 0.7,
        "clip_on": False,
        "markerfacecolor": color if tower == "image" else "none",
    }


def _keys(colors: Mapping[str, int]) -> list[Key]:
    towers = [Key(tower, {**_dot(tower, INK, 6), "alpha": 1}) for tower in ("image", "text")]
    shades = {name: ON_LIGHT[number] for name, number in colors.items()}
    return [*towers, *(Key(name, _dot("image", shade, 6)) for name, shade in shades.items())]
