"""The history of a tuning and what made a difference, as matplotlib figures."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from shopclip.figure_style import DPI, add_title, plain_axes
from shopclip.palette import INK, MARKERS, ON_LIGHT, QUIET, colour_numbers
from shopclip.pipelines.tuning.importance import Importance


def history_figure(trials: pd.DataFrame) -> Figure:
    """Validation MRR by trial, the best so far as a line, the best default recipe dashed."""
    finished = trials[trials["state"].isin(["complete", "pruned"])].dropna(subset=["value"])
    complete = finished[finished["state"] == "complete"]
    figure = Figure(figsize=(9, 4.8), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    best = complete["value"].cummax()
    axes.step(complete["number"], best, where="post", color=QUIET, linewidth=1.2, zorder=1)
    pairs = _points(axes, finished)
    default = complete.loc[complete["default"], "value"].max()
    axes.axhline(default, color=QUIET, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
    axes.annotate(
        "best default", (1, default), (8, 0), xycoords=("axes fraction", "data"),
        textcoords="offset points", va="center", color=QUIET, fontsize=9.5,
    )  # fmt: skip
    _name_best(axes, complete)
    figure.legend(handles=pairs, loc="outside lower left", ncols=6, frameon=False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.margins(x=0.04, y=0.12)
    axes.set_xlabel("trial", color=QUIET)
    plain_axes(axes, grid="y")
    add_title(
        figure,
        "Validation MRR by trial, in %",
        "of the best epoch; line: the best so far; ringed: default recipes; hollow: pruned",
    )
    return figure


def importance_figure(found: Importance) -> Figure:
    """A bar a knob, the most important on top; the note alone where there is nothing to show."""
    figure = Figure(figsize=(9, 1.6 + 0.36 * max(3, len(found.shares))), dpi=DPI)
    figure.set_layout_engine("constrained")
    if found.shares:
        axes = figure.add_subplot()
        names, shares = list(found.shares), list(found.shares.values())
        bars = axes.barh(names, shares, height=0.55, color=ON_LIGHT[0])
        axes.bar_label(
            bars, [f"{100 * share:.0f}" for share in shares], padding=5, color=INK, fontsize=9.5
        )
        axes.invert_yaxis()
        axes.set_xlim(0, 1.1 * max(shares))
        axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
        plain_axes(axes, grid="x")
    else:
        figure.text(0.5, 0.4, found.note, ha="center", color=QUIET)
    explained = "share of the validation MRR's variance that a knob explains, in % (fANOVA)"
    note = f"{explained}; {found.note}" if found.shares else explained
    add_title(figure, "Which knobs made a difference", note)
    return figure


def _points(axes: Axes, finished: pd.DataFrame) -> list[Line2D]:
    """The trials, and a handle of the legend for every pair."""
    numbers, handles = colour_numbers(finished["pair"].unique()), []
    for pair, rows in finished.groupby("pair"):
        number = numbers[str(pair)]
        style: dict[str, Any] = {
            "color": ON_LIGHT[number],
            "linestyle": "none",
            "marker": MARKERS[number],
        }
        for state, fill in (("complete", ON_LIGHT[number]), ("pruned", "white")):
            some = rows[rows["state"] == state]
            axes.plot(some["number"], some["value"], markerfacecolor=fill, markersize=8, **style)
        handles.append(Line2D([], [], label=str(pair), **style))
    rings = finished[finished["default"]]
    axes.plot(
        rings["number"], rings["value"], "o", color=INK, markerfacecolor="none", markersize=15
    )
    return handles


def _name_best(axes: Axes, complete: pd.DataFrame) -> None:
    row = complete.iloc[complete["value"].argmax()]
    axes.annotate(
        f"{100 * row['value']:.1f}, trial {row['number']}", (row["number"], row["value"]), (0, 13),
        textcoords="offset points", ha="center", color=INK, fontsize=9.5,
    )  # fmt: skip
