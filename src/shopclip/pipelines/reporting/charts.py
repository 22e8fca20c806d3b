"""Where things stand in the charts of the report, in percent of width and height.

The page draws them with HTML and SVG, so that they follow its width and its light or dark colours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shopclip.pipelines.reporting.curves import chance_levels, smooth_curves, spread_labels
from shopclip.pipelines.reporting.leaderboard import headline_rows
from shopclip.scoring import CEILINGS, DIRECTIONS, PRIMARY

LABEL = 8.0  # height of a label, percent of the plot


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class ScoreChart:
    """MRR@10: the rows of each direction, and where an axis of `limit` puts a value."""

    protocol: str
    limit: float
    ticks: list[Tick]
    panels: dict[str, pd.DataFrame]

    def at(self, value: float) -> float:
        return round(100 * min(value, self.limit) / self.limit, 3)


@dataclass(frozen=True)
class End:
    """The label at the end of a line. `pair` is empty for the line of chance."""

    pair: str
    label: str
    at: float
    placed: float


@dataclass(frozen=True)
class CurveChart:
    """Lines as SVG points by pair, lines of chance, and the labels at their ends."""

    lines: dict[str, str]
    leaders: dict[str, str]
    chances: list[float]
    ends: list[End]
    x_ticks: list[Tick]
    y_ticks: list[Tick]


def score_chart(leaderboard: pd.DataFrame) -> ScoreChart:
    rows = headline_rows(leaderboard)
    reach = max(rows[f"{PRIMARY}_high"].max(), rows[CEILINGS[PRIMARY]].max())
    values = [value for value in round_ticks(0, reach, 4) if value <= 1]
    order = rows["pair"].drop_duplicates()
    panels = {
        title: rows[rows["direction"] == direction].set_index("pair").loc[order].reset_index()
        for direction, title in DIRECTIONS.items()
    }
    ticks = [Tick(round(100 * value / values[-1], 3), f"{100 * value:g}") for value in values]
    return ScoreChart(rows["protocol"].iloc[0], values[-1], ticks, panels)


def curve_chart(logs: Mapping[str, pd.DataFrame]) -> CurveChart | None:
    """None where no pair was trained."""
    curves = smooth_curves(logs)
    if not curves:
        return None
    chances = chance_levels(curves)
    top = 1.04 * max(*chances, *(curve.losses.max() for curve in curves))
    width = max(curve.epochs[-1] for curve in curves)
    lines = {
        curve.pair: svg_points(100 * curve.epochs / width, 100 - 100 * curve.losses / top)
        for curve in curves
    }
    named = [("", name, level, 0.0) for level, name in chances.items()]
    named += [(c.pair, c.pair, c.losses[-1], c.epochs[-1]) for c in curves]
    heights = [100 - 100 * loss / top for _, _, loss, _ in named]
    places = spread_labels(heights, LABEL)
    ends = [
        End(pair, label, round(height, 2), round(place, 2))
        for (pair, label, _, _), height, place in zip(named, heights, places, strict=True)
    ]
    leaders = {
        end.pair: svg_points([100 * epoch / width, 100], [end.at, end.at])
        for end, (_, _, _, epoch) in zip(ends, named, strict=True)
        if end.pair and epoch < width
    }
    return CurveChart(
        lines=lines,
        leaders=leaders,
        chances=[round(100 - 100 * level / top, 2) for level in chances],
        ends=ends,
        x_ticks=[
            Tick(round(100 * v / width, 2), f"{v:g}")
            for v in round_ticks(0, width, 6)
            if v <= width
        ],
        y_ticks=[
            Tick(round(100 - 100 * v / top, 2), f"{v:g}")
            for v in round_ticks(0, top, 5)
            if v <= top
        ],
    )


def round_ticks(low: float, high: float, count: int, *, whole: bool = False) -> list[float]:
    """About `count` round numbers from `low` to `high` or just beyond."""
    from matplotlib.ticker import MaxNLocator

    locator = MaxNLocator(count, steps=[1, 2, 2.5, 5, 10], integer=whole)
    return [float(tick) for tick in locator.tick_values(low, high)]


def svg_points(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> str:
    return " ".join(f"{left:.2f},{top:.2f}" for left, top in zip(x, y, strict=True))
