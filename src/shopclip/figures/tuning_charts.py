"""The charts of tuning: the history of trials, and what mattered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.ticker import MaxNLocator, PercentFormatter

from shopclip.figures.chart import Chart, Sheet, beside, pair_keys
from shopclip.figures.labels import text_width
from shopclip.figures.style import INK, MARKERS, ON_LIGHT, PAPER, QUIET, SIZE, color_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DEFAULT = "best default"


def history_chart(trials: pd.DataFrame) -> Chart:
    """Validation MRR by trial, the best so far as a line, the best default recipe dashed."""
    return Chart(
        name="history",
        title="Validation MRR by trial, in %",
        subtitle="of the best epoch; line: the best so far; ringed: default recipes; "
        "hollow: pruned",
        words="Validation MRR by trial; the numbers stand in trials.csv.",
        draw=lambda sheet: _draw_history(sheet, trials),
    )


def _draw_history(sheet: Sheet, trials: pd.DataFrame) -> None:
    finished = trials[trials["state"].isin(["complete", "pruned"])].dropna(subset=["value"])
    complete = finished[finished["state"] == "complete"]
    numbers = color_numbers(finished["pair"].unique())
    sheet.keys(pair_keys(numbers))
    (axes,) = sheet.panels(
        1, 1.0, height=3.1, left=0.3, right=text_width(DEFAULT) + 0.15, top=0.1, bottom=0.5
    )
    best = complete["value"].cummax()
    axes.step(complete["number"], best, where="post", color=QUIET, linewidth=1.2, zorder=1)
    _points(axes, finished, numbers)
    default = complete.loc[complete["default"], "value"].max()
    axes.axhline(default, color=QUIET, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
    right = beside(axes, 6 / 72)
    axes.text(1, default, DEFAULT, transform=right, va="center", color=QUIET)
    _name_best(axes, complete)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.margins(x=0.04, y=0.12)
    axes.set_xlabel("trial", color=QUIET)
    axes.grid(axis="y")


def _points(axes: Axes, finished: pd.DataFrame, numbers: dict[str, int]) -> None:
    for pair, rows in finished.groupby("pair"):
        number = numbers[str(pair)]
        style: dict[str, Any] = {
            "color": ON_LIGHT[number],
            "linestyle": "none",
            "marker": MARKERS[number],
        }
        for state, fill in (("complete", ON_LIGHT[number]), ("pruned", PAPER)):
            some = rows[rows["state"] == state]
            axes.plot(some["number"], some["value"], markerfacecolor=fill, markersize=8, **style)
    rings = finished[finished["default"]]
    axes.plot(
        rings["number"], rings["value"], "o", color=INK, markerfacecolor="none", markersize=15
    )


def _name_best(axes: Axes, complete: pd.DataFrame) -> None:
    row = complete.iloc[complete["value"].argmax()]
    axes.annotate(
        f"{100 * row['value']:.1f}, trial {row['number']}",
        (row["number"], row["value"]),
        (0, 13),
        textcoords="offset points",
        ha="center",
        color=INK,
    )


EXPLAINED = "share of the validation MRR's variance that a hyperparameter explains, in % (fANOVA)"


def importance_chart(shares: Mapping[str, float], note: str) -> Chart:
    """A bar a hyperparameter, the most important on top; the note alone where none can be told."""
    return Chart(
        name="importance",
        title="Which hyperparameters made a difference",
        subtitle=f"{EXPLAINED}; {note}" if shares else EXPLAINED,
        words="The share of the validation MRR's variance that each hyperparameter explains.",
        draw=lambda sheet: _draw_importance(sheet, shares, note),
    )


def _draw_importance(sheet: Sheet, shares: Mapping[str, float], note: str) -> None:
    if not shares:
        sheet.nothing(note)
        return
    (axes,) = sheet.panels(
        1,
        1.0,
        height=0.28 * len(shares),
        left=max(map(text_width, shares)) + 0.12,
        right=0.3,
        top=0.05,
    )
    names, values = list(shares), list(shares.values())
    bars = axes.barh(names, values, height=0.55, color=ON_LIGHT[0])
    axes.bar_label(bars, [f"{100 * value:.0f}" for value in values], padding=5, color=INK)
    axes.tick_params(axis="y", labelcolor=INK, labelsize=SIZE)
    axes.set(xlim=(0, 1.1 * max(values)), ylim=(len(names) - 0.5, -0.5))
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.grid(axis="x")
