"""MRR@10 of every pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import MaxNLocator

from shopclip.figures.chart import Chart, Sheet, beside, spoken
from shopclip.figures.labels import LINE, lines_of, text_width, wrapped
from shopclip.figures.style import INK, MARKERS, ON_LIGHT, PAPER, QUIET, RULE, SIZE, color_numbers
from shopclip.metrics.scoring import (
    CEILINGS,
    CHANCES,
    DIRECTIONS,
    PRIMARY,
    percent,
    percent_interval,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = 1.25  # inches that names may take before they are broken
GAP = 0.1  # inches between names and axes
VALUES = 0.5  # inches for the numbers at the right


class NameColumn:
    """Names on the left of axes, all of them beginning at the same place."""

    def __init__(self, names: Iterable[str]) -> None:
        self._wrapped = {name: wrapped(name, NAMES) for name in names}
        widths = (
            text_width(line) for words in self._wrapped.values() for line in words.split("\n")
        )
        self.width = max(widths) + GAP

    def lines(self, name: str) -> int:
        return lines_of(self._wrapped[name])

    def write(self, axes: Axes, name: str, height: float, *, va: str = "center") -> None:
        self.note(axes, self._wrapped[name], height, va=va, color=INK, size=SIZE)

    def note(
        self, axes: Axes, words: str, height: float, *, va: str, color: str, size: float
    ) -> None:
        """Other words in the same column."""
        left = beside(axes, -self.width)
        axes.text(0, height, words, transform=left, va=va, color=color, size=size)

    def rule(self, axes: Axes, height: float) -> None:
        """A light line through the column and the axes."""
        axes.annotate(
            "",
            (1, height),
            (0, height),
            xycoords=axes.get_yaxis_transform(),
            textcoords=beside(axes, -self.width),
            arrowprops={"arrowstyle": "-", "color": RULE, "lw": 0.7, "shrinkA": 0, "shrinkB": 0},
        )


def direction_panels(
    sheet: Sheet, names: NameColumn, reach: float, height: float
) -> Iterator[tuple[Axes, str, str]]:
    """A panel for each direction and its title: right of the names, left of the values.

    They go from 0 to a round share not below `reach`, 1 at most; inches downwards.
    """
    locator = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10])
    ticks = [float(tick) for tick in locator.tick_values(0, reach) if tick <= 1]
    panels = sheet.panels(len(DIRECTIONS), 3.0, height=height, left=names.width, right=VALUES)
    for axes, (direction, title) in zip(panels, DIRECTIONS.items(), strict=True):
        axes.set_xticks(ticks, [f"{100 * tick:g}" for tick in ticks])
        axes.set(xlim=(0, ticks[-1]), ylim=(height, 0), yticks=[], title=title)
        axes.grid(axis="x")
        yield axes, direction, title


def draw_bounds(axes: Axes, shares: Iterable[float], height: float, *, size: float) -> None:
    """Grey ticks: what towers that see nothing score, or perfect ones."""
    for share in shares:
        axes.plot(
            share, height, "|", color=QUIET, markersize=size, markeredgewidth=1.3, clip_on=False
        )


def draw_estimate(
    axes: Axes,
    height: float,
    ends: tuple[float, float, float],
    *,
    number: int,
    of: str,
    size: float = 7.0,
    hollow: bool = False,
) -> None:
    """A bar from low to high, the value as a marker on it and as a number at the right.

    Args:
        ends: low, value and high.
        number: of the pair's colour.
        of: what the value is of, for those who do not see it.
    """
    low, value, high = ends
    color = ON_LIGHT[number]
    (bar,) = axes.plot(
        ends,
        [height] * 3,
        color=(color, 0.35),
        linewidth=0.7 * size,
        solid_capstyle="round",
        marker=MARKERS[number],
        markevery=[1],
        markersize=size,
        markeredgecolor=color,
        markerfacecolor=PAPER if hollow else color,
        clip_on=False,
    )
    interval = percent_interval(low, high, value)
    spoken(bar, f"{of}: {percent(value)} %, interval {interval or 'none'}")
    axes.text(
        1,
        height,
        percent(value),
        transform=beside(axes, VALUES),
        ha="right",
        va="center_baseline",
        fontweight="bold",
        color=INK,
        size=SIZE,
    )


def leaderboard_chart(rows: pd.DataFrame) -> Chart:
    """A panel a direction, a line a pair, chance and the best possible as ticks.

    Args:
        rows: of the leaderboard, of one protocol.
    """
    first, protocol = rows.iloc[0], rows["protocol"].iloc[0].replace("_", " ")
    return Chart(
        name="leaderboard",
        title=f"MRR@10, {protocol}, in %",
        subtitle=f"{first['queries']:,} queries, gallery of {first['gallery']:,}; 100: the right "
        "answer is always first; grey ticks: chance and best possible",
        words=f"MRR@10 of every pair with its interval; the numbers stand in the table of the "
        f"{protocol} protocol.",
        draw=lambda sheet: _draw(sheet, rows),
    )


def _draw(sheet: Sheet, rows: pd.DataFrame) -> None:
    shown = {
        str(row["pair"]): f"{row['pair']} (collapsed)" if row["collapsed"] else str(row["pair"])
        for _, row in rows.drop_duplicates("pair").iterrows()
    }
    names, numbers = NameColumn(shown.values()), color_numbers(shown)
    pitch = max(0.32, max(names.lines(name) for name in shown.values()) * LINE + 0.08)
    height = pitch * len(shown)
    reach = max(rows[f"{PRIMARY}_high"].max(), rows[CEILINGS[PRIMARY]].max())
    for axes, direction, title in direction_panels(sheet, names, reach, height):
        of_direction = rows[rows["direction"] == direction].set_index("pair").to_dict("index")
        for index, (pair, name) in enumerate(shown.items()):
            row, middle = of_direction[pair], (index + 0.5) * pitch
            draw_bounds(axes, (row[CHANCES[PRIMARY]], row[CEILINGS[PRIMARY]]), middle, size=13)
            ends = (row[f"{PRIMARY}_low"], row[PRIMARY], row[f"{PRIMARY}_high"])
            draw_estimate(
                axes,
                middle,
                ends,
                number=numbers[pair],
                of=f"{pair}, {title}",
                hollow=bool(row["collapsed"]),
            )
            names.write(axes, name, middle)
