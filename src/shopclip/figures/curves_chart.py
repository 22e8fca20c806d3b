"""The loss of every pair during training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import MaxNLocator

from shopclip.figures.chart import Chart, spoken
from shopclip.figures.curves import Curve, chance_levels, smooth_curves
from shopclip.figures.labels import LINE, spread_labels, text_width
from shopclip.figures.palette import INK, MARKERS, ON_LIGHT, QUIET, colour_numbers
from shopclip.figures.sheet import KEY, Key, Sheet, beside, pair_keys

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT, TICKS = 3.1, 0.25  # inches of the axes, and of the numbers beside them
LEADER = 0.22  # inches between the end of a line and the marker of its label
ROOM = 0.28  # of the sheet's width, for labels beside the lines


def curves_chart(logs: Mapping[str, pd.DataFrame]) -> Chart:
    """Smoothed loss by epoch; every line labelled at its end where there is room, chance dashed."""
    curves, numbers = smooth_curves(logs), colour_numbers(logs)
    return Chart(
        name="curves",
        title="Training loss",
        subtitle="smoothed, in nats, by epoch; dashed: towers that see nothing",
        words="Training loss by epoch, with the level of chance. The final losses stand in the "
        "table of the signs of collapse.",
        draw=lambda sheet: _draw(sheet, curves, numbers),
    )


def _draw(sheet: Sheet, curves: Sequence[Curve], numbers: Mapping[str, int]) -> None:
    if not curves:
        sheet.nothing("no pair was trained")
        return
    chances = chance_levels(curves)
    longest = max(text_width(words) for words in (*chances.values(), *(c.pair for c in curves)))
    room = LEADER + KEY + longest
    fits = room <= ROOM * sheet.width
    if not fits:
        sheet.keys(_keys(curves, numbers, chances))
    (axes,) = sheet.panels(
        1, least=1.0, height=HEIGHT, left=TICKS, right=room if fits else 0.1, top=0.1, bottom=0.3
    )
    top = 1.04 * max(*chances, *(curve.losses.max() for curve in curves))
    width = max(curve.epochs[-1] for curve in curves)
    axes.set(ylim=(0, top), xlim=(0, width))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.grid(axis="y")
    _lines(axes, curves, numbers)
    for level in chances:
        axes.axhline(level, color=QUIET, linewidth=1.1, linestyle=(0, (4, 3)))
    if fits:
        _label_ends(axes, curves, numbers, chances)


def _keys(
    curves: Sequence[Curve], numbers: Mapping[str, int], chances: Mapping[float, str]
) -> list[Key]:
    level = {"marker": "_", "color": QUIET, "markersize": 9, "markeredgewidth": 1.3}
    pairs = pair_keys({curve.pair: numbers[curve.pair] for curve in curves})
    return [*pairs, *(Key(name, level) for name in chances.values())]


def _lines(axes: Axes, curves: Sequence[Curve], numbers: Mapping[str, int]) -> None:
    for curve in curves:
        number, last = numbers[curve.pair], len(curve.losses) - 1
        (line,) = axes.plot(
            curve.epochs, curve.losses, color=ON_LIGHT[number], linewidth=1.7, clip_on=False,
            marker=MARKERS[number], markevery=[last], markersize=5.5,
        )  # fmt: skip
        spoken(line, f"{curve.pair}: {curve.losses[-1]:.2f} after epoch {curve.epochs[-1]:g}")


def _label_ends(
    axes: Axes,
    curves: Sequence[Curve],
    numbers: Mapping[str, int],
    chances: Mapping[float, str],
) -> None:
    """Names on the right, each led to by a dotted line from where its pair ends."""
    low, top = axes.get_ylim()
    ends = [*chances, *(float(curve.losses[-1]) for curve in curves)]
    places = spread_labels(ends, 1.25 * LINE / HEIGHT * (top - low))
    right = beside(axes, LEADER)
    for place, name in zip(places, chances.values(), strict=False):
        axes.text(1, place, name, transform=right, va="center", color=QUIET)
    for place, curve in zip(places[len(chances) :], curves, strict=True):
        leader = {"color": ON_LIGHT[numbers[curve.pair]], "linestyle": (0, (1, 2)), "lw": 0.9}
        axes.annotate(
            curve.pair, (curve.epochs[-1], curve.losses[-1]), (1, place), textcoords=right,
            va="center", color=INK, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "relpos": (0, 0.5), **leader},
        )  # fmt: skip
