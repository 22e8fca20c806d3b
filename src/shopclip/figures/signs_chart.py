"""The signs of collapse by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import MaxNLocator

from shopclip.figures.chart import Chart, Sheet, draw_line, pair_keys
from shopclip.figures.labels import LINE, lines_of, wrapped
from shopclip.figures.style import COLLAPSED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MIN_WIDTH, TICKS = 1.5, 0.32  # inches of a panel, and of the numbers beside its axis


@dataclass(frozen=True)
class Panel:
    """One sign of every pair that was trained.

    Attributes:
        collapsed: the values that count as collapsed, within the axis.
        lines: by pair, float (epochs,), indexed by the epochs done.
        low, high: the ends of the axis.
    """

    title: str
    collapsed: tuple[float, float] | None
    lines: dict[str, pd.Series[float]]
    low: float
    high: float

    @property
    def epochs(self) -> int:
        """The most that any pair has done."""
        return max(int(line.index[-1]) for line in self.lines.values())


def signs_chart(
    panels: Sequence[Panel], kept: Mapping[str, int], numbers: Mapping[str, int], judged_by: str
) -> Chart:
    """A panel a sign, a line a pair, markers at the epochs whose weights the pairs end with.

    Args:
        kept: after how many epochs each pair had those weights.
        numbers: of the pairs' colours.
        judged_by: the examples that the signs were measured on.
    """
    return Chart(
        name="signs",
        title="Signs of collapse by epoch",
        subtitle=f"measured on {judged_by}; shaded: collapsed; "
        "marker: the epoch whose weights a pair ends with",
        words="Signs of collapse of every pair by epoch.",
        draw=lambda sheet: _draw(sheet, panels, kept, numbers),
    )


def _draw(
    sheet: Sheet, panels: Sequence[Panel], kept: Mapping[str, int], numbers: Mapping[str, int]
) -> None:
    if not panels:
        sheet.nothing("no pair was trained")
        return
    sheet.keys(pair_keys({pair: numbers[pair] for pair in kept}))
    across = sheet.across(len(panels), MIN_WIDTH) - TICKS - 0.1
    titles = [wrapped(panel.title, across) for panel in panels]
    axes_of = sheet.panels(
        len(panels),
        MIN_WIDTH,
        height=1.1,
        left=TICKS,
        right=0.1,
        top=0.16 + LINE * max(map(lines_of, titles)),
        bottom=0.3,
    )
    for axes, panel, title in zip(axes_of, panels, titles, strict=True):
        axes.set_title(title)
        _lines(axes, panel, kept, numbers)


def _lines(axes: Axes, panel: Panel, kept: Mapping[str, int], numbers: Mapping[str, int]) -> None:
    if panel.collapsed:
        axes.axhspan(*panel.collapsed, color=COLLAPSED, linewidth=0)
    for pair, line in panel.lines.items():
        number, marked = numbers[pair], list(line.index).index(kept[pair])
        words = f"{panel.title}: {pair} {line.iloc[marked]:.3g} after epoch {kept[pair]}"
        draw_line(axes, line.index, line, number=number, marked=marked, width=1.5, words=words)
    axes.set(xlim=(0, panel.epochs), ylim=(panel.low, panel.high))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "\N{MINUS SIGN}"))
    axes.grid(axis="y")
