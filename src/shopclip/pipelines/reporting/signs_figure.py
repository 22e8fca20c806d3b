"""The signs of collapse by epoch as one matplotlib figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from shopclip.figure_style import DPI, add_title, plain_axes
from shopclip.palette import (
    COLLAPSED,
    INK,
    MARKERS,
    ON_LIGHT,
    QUIET,
    colour_numbers,
)
from shopclip.pipelines.reporting.signs import Panel, judged_by, kept_epochs, sign_panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def signs_figure(epoch_logs: Mapping[str, pd.DataFrame], examples: pd.DataFrame) -> Figure:
    """A panel a sign, a line a pair, markers at the epochs whose weights the pairs end with."""
    panels, kept = sign_panels(epoch_logs, examples), kept_epochs(epoch_logs, examples)
    figure = Figure(figsize=(12, 5.6), dpi=DPI)
    figure.set_layout_engine(ConstrainedLayoutEngine(h_pad=0.09, wspace=0.06, hspace=0.06))
    styles: dict[str, dict[str, Any]] = {
        pair: {"color": ON_LIGHT[number], "marker": MARKERS[number]}
        for pair, number in colour_numbers(epoch_logs).items()
    }
    if panels:
        for axes, panel in zip(figure.subplots(2, 4, sharex=True).flat, panels, strict=True):
            _lines(axes, panel, styles, kept)
        handles = [Line2D([], [], label=pair, **styles[pair]) for pair in kept]
        figure.legend(handles=handles, loc="outside lower left", ncols=6, frameon=False)
    else:
        figure.text(0.5, 0.5, "no pair was trained", ha="center", color=QUIET)
    add_title(
        figure,
        "Signs of collapse by epoch",
        f"measured on {judged_by(examples)}; shaded: counts as collapsed; "
        "marker: the epoch whose weights a pair ends with",
    )
    return figure


def _lines(
    axes: Axes, panel: Panel, styles: Mapping[str, Mapping[str, Any]], kept: Mapping[str, int]
) -> None:
    if panel.collapsed:
        axes.axhspan(*panel.collapsed, color=COLLAPSED, linewidth=0)
    for pair, line in panel.lines.items():
        marked = [line.index.get_loc(kept[pair])]
        axes.plot(line.index, line, **styles[pair], markevery=marked, linewidth=2, clip_on=False)
    axes.set(xlim=(0, panel.epochs), ylim=(panel.low, panel.high))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.set_title(panel.title, loc="left", color=INK, fontsize=10)
    plain_axes(axes, grid="y")
