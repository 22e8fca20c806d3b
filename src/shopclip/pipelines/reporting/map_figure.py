"""Both towers' embeddings on one plane as a matplotlib figure."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from shopclip.figure_style import DPI, add_title
from shopclip.palette import INK, ON_LIGHT, QUIET, RULE
from shopclip.pipelines.reporting.formats import percent
from shopclip.pipelines.reporting.map_chart import category_colours, grouped

COLUMNS = 3
INCHES = 3.6  # a panel's side


def map_figure(maps: Mapping[str, pd.DataFrame]) -> Figure:
    """A panel a pair: images filled, texts hollow, coloured by category."""
    colours, pairs = category_colours(maps), sorted(maps)
    columns = min(COLUMNS, len(pairs))
    lines = -(-len(pairs) // columns)
    figure = Figure(figsize=(max(columns, 2) * INCHES, lines * INCHES + 1.1), dpi=DPI)
    figure.set_layout_engine(ConstrainedLayoutEngine(wspace=0.05, hspace=0.06))
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes in panels[len(pairs) :]:
        axes.axis("off")
    for axes, pair in zip(panels, pairs, strict=False):
        table = maps[pair]
        shades = grouped(table, colours).map({name: ON_LIGHT[n] for name, n in colours.items()})
        for tower in ("image", "text"):
            of, shade = table[table["tower"] == tower], shades[table["tower"] == tower]
            filled = shade if tower == "image" else "none"
            axes.scatter(
                of["x"], of["y"], s=9, c=filled, edgecolors=shade, linewidths=0.7, alpha=0.7
            )
        axes.set_title(pair, loc="left", color=INK, fontsize=11)
        shares = [f"{percent(table[f'{axis}_share'].iloc[0])} % of the variance" for axis in "xy"]
        axes.set_xlabel(shares[0], color=QUIET, fontsize=9)
        axes.set_ylabel(shares[1], color=QUIET, fontsize=9)
        axes.set(xticks=[], yticks=[])
        axes.set_aspect("equal", adjustable="datalim")
        axes.spines[:].set_color(RULE)
    figure.legend(
        handles=_keys(colours),
        loc="outside lower left",
        ncols=8 if columns > 2 else 4,
        frameon=False,
        fontsize=9,
    )
    add_title(
        figure,
        "Both towers on one plane",
        "principal components of images and texts together; a dot an embedding",
    )
    return figure


def _keys(colours: Mapping[str, int]) -> list[Line2D]:
    def key(label: str, shade: str, filled: str) -> Line2D:
        return Line2D(
            [], [], marker="o", linestyle="none", markersize=5,
            color=shade, markerfacecolor=filled, label=label,
        )  # fmt: skip

    towers = [key("image", INK, INK), key("text", INK, "none")]
    shades = {name: ON_LIGHT[number] for name, number in colours.items()}
    return [*towers, *(key(name, shade, shade) for name, shade in shades.items())]
