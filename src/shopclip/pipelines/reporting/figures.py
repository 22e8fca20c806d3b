"""The leaderboard and the training curves as matplotlib figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator, PercentFormatter

from shopclip.figure_style import DPI, add_title, plain_axes
from shopclip.palette import (
    INK,
    MARKERS,
    ON_LIGHT,
    QUIET,
    colour_numbers,
)
from shopclip.pipelines.reporting.curves import chance_levels, smooth_curves, spread_labels
from shopclip.pipelines.reporting.formats import percent
from shopclip.pipelines.reporting.leaderboard import headline_rows
from shopclip.scoring import CEILINGS, CHANCES, DIRECTIONS, PRIMARY

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def leaderboard_figure(leaderboard: pd.DataFrame) -> Figure:
    """MRR@10 with intervals: a panel a direction, a line a pair, chance and ceiling as ticks."""
    rows = headline_rows(leaderboard)
    pairs = list(rows["pair"].unique())
    figure = Figure(figsize=(10, 1.5 + 0.36 * len(pairs)), dpi=DPI)
    figure.set_layout_engine(ConstrainedLayoutEngine(wspace=0.08))
    panels = figure.subplots(1, len(DIRECTIONS), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (direction, title) in zip(panels, DIRECTIONS.items(), strict=True):
        _dots(axes, rows[rows["direction"] == direction].set_index("pair").loc[pairs])
        axes.set_title(title, loc="left", color=INK, fontsize=11)
    limit = max(rows[f"{PRIMARY}_high"].max(), rows[CEILINGS[PRIMARY]].max())
    panels[0].set(xlim=(0, 1.12 * limit), ylim=(len(pairs) - 0.5, -0.5))
    first, protocol = rows.iloc[0], rows["protocol"].iloc[0].replace("_", " ")
    add_title(
        figure,
        f"MRR@10, {protocol}, in %",
        f"{first['queries']:,} queries, gallery of {first['gallery']:,}; 100: the right answer "
        f"is always first; bars are intervals, grey ticks chance and the best possible",
    )
    return figure


def _dots(axes: Axes, rows: pd.DataFrame) -> None:
    numbers = colour_numbers(rows.index)
    for height, (pair, row) in enumerate(rows.iterrows()):
        number = numbers[str(pair)]
        colour, value = ON_LIGHT[number], row[PRIMARY]
        hollow = "white" if row["collapsed"] else colour
        axes.plot(
            [row[f"{PRIMARY}_low"], row[f"{PRIMARY}_high"]], [height, height],
            color=colour, linewidth=5, alpha=0.3, solid_capstyle="round",
        )  # fmt: skip
        axes.plot(
            value, height, MARKERS[number], color=colour, markerfacecolor=hollow, markersize=7
        )
        bounds = [row[CHANCES[PRIMARY]], row[CEILINGS[PRIMARY]]]
        axes.plot(
            bounds, [height] * 2, "|", color=QUIET, markersize=14, markeredgewidth=1.5
        )  # fmt: skip
        axes.annotate(
            percent(value), (row[f"{PRIMARY}_high"], height), (9, 0),
            textcoords="offset points", va="center", color=INK, fontsize=9,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
    names = [
        f"{pair} (collapsed)" if row["collapsed"] else str(pair) for pair, row in rows.iterrows()
    ]
    axes.set_yticks(range(len(rows)), names)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    plain_axes(axes, grid="x")


def curves_figure(logs: Mapping[str, pd.DataFrame]) -> Figure:
    """Smoothed loss by epoch, every line labelled at its end, chance dashed."""
    curves, numbers = smooth_curves(logs), colour_numbers(logs)
    figure = Figure(figsize=(9, 4.8), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    ends = []
    for level, name in chance_levels(curves).items():
        axes.axhline(level, color=QUIET, linewidth=1.2, linestyle=(0, (4, 3)), zorder=3)
        ends.append((level, name, QUIET))
    for curve in curves:
        colour, last = ON_LIGHT[numbers[curve.pair]], curve.losses[-1]
        axes.plot(curve.epochs, curve.losses, color=colour, linewidth=2)
        axes.plot(curve.epochs[-1], last, MARKERS[numbers[curve.pair]], color=colour, clip_on=False)
        ends.append((last, curve.pair, colour))
    if curves:
        top = max(height for height, *_ in ends)
        top = max(top, *(curve.losses.max() for curve in curves))
        axes.set(ylim=(0, 1.06 * top), xlim=(0, max(curve.epochs[-1] for curve in curves)))
        places = spread_labels([height for height, *_ in ends], 0.06 * top)
        for place, (_, name, colour) in zip(places, ends, strict=True):
            axes.annotate(
                name, (1, place), (10, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", color=colour, va="center", fontsize=10,
            )  # fmt: skip
    else:
        axes.text(0.5, 0.5, "no pair was trained", ha="center", color=QUIET)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epoch", color=QUIET)
    plain_axes(axes, grid="y")
    add_title(figure, "Training loss", "smoothed, in nats; dashed: towers that see nothing")
    return figure
