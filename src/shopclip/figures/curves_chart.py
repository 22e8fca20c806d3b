"""The loss of every pair during training."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from shopclip.figures.chart import KEY, Chart, Key, Sheet, beside, draw_line, pair_keys
from shopclip.figures.labels import LINE, spread_labels, text_width
from shopclip.figures.style import INK, ON_LIGHT, QUIET, color_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 240  # enough for any screen, few enough for a page


@dataclass(frozen=True)
class Curve:
    """The smoothed loss of a pair.

    Attributes:
        epochs: float (points,), epochs done.
        losses: float (points,), in nats.
        chance: the loss of towers that see nothing; ln(batch size) where the loss is InfoNCE.
    """

    pair: str
    epochs: np.ndarray
    losses: np.ndarray
    chance: float


def smooth_curves(logs: Mapping[str, pd.DataFrame]) -> list[Curve]:
    """A curve for every pair that was trained at all, in the order of their names."""
    return [_curve(pair, logs[pair]) for pair in sorted(logs) if len(logs[pair])]


def _curve(pair: str, log: pd.DataFrame) -> Curve:
    steps_an_epoch = len(log) / (log["epoch"].max() + 1)
    # Weights fall off over about a fortieth of training: noise goes, the shape stays.
    smooth = log["loss"].ewm(span=max(1.0, len(log) / 40)).mean().to_numpy()
    kept = np.unique(np.linspace(0, len(log) - 1, POINTS).round().astype(int))
    return Curve(pair, (kept + 1) / steps_an_epoch, smooth[kept], float(log["chance_loss"].mean()))


def chance_levels(curves: Sequence[Curve]) -> dict[float, str]:
    """The losses of chance and how to call them, one for each loss and batch size in use."""
    levels = {_name(chance): chance for chance in sorted(curve.chance for curve in curves)}
    return {level: name for name, level in levels.items()}


def _name(chance: float) -> str:
    """As a logarithm where it is that of a whole number, the batch size, as InfoNCE's is."""
    batch = round(math.exp(chance))
    exact = math.isclose(chance, math.log(batch), rel_tol=1e-9)
    return f"chance, ln {batch}" if exact else f"chance, {chance:.2f}"


HEIGHT, TICKS = 3.1, 0.25  # inches of the axes, and of the numbers beside them
LEADER = 0.22  # inches between the end of a line and the marker of its label
ROOM = 0.28  # of the sheet's width, for labels beside the lines


def curves_chart(logs: Mapping[str, pd.DataFrame]) -> Chart:
    """Smoothed loss by epoch; every line labelled at its end where there is room, chance dashed."""
    curves, numbers = smooth_curves(logs), color_numbers(logs)
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
        1, 1.0, height=HEIGHT, left=TICKS, right=room if fits else 0.1, top=0.1, bottom=0.3
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
        words = f"{curve.pair}: {curve.losses[-1]:.2f} after epoch {curve.epochs[-1]:g}"
        number, last = numbers[curve.pair], len(curve.losses) - 1
        xs, ys = curve.epochs, curve.losses
        draw_line(axes, xs, ys, number=number, marked=last, width=1.7, words=words)


def _label_ends(
    axes: Axes, curves: Sequence[Curve], numbers: Mapping[str, int], chances: Mapping[float, str]
) -> None:
    """Names on the right, each led to by a dotted line from where its pair ends."""
    low, top = axes.get_ylim()
    ends = [*chances, *(float(curve.losses[-1]) for curve in curves)]
    heights = spread_labels(ends, 1.25 * LINE / HEIGHT * (top - low))
    right = beside(axes, LEADER)
    for height, name in zip(heights, chances.values(), strict=False):
        axes.text(1, height, name, transform=right, va="center", color=QUIET)
    for height, curve in zip(heights[len(chances) :], curves, strict=True):
        leader = {"color": ON_LIGHT[numbers[curve.pair]], "linestyle": (0, (1, 2)), "lw": 0.9}
        axes.annotate(
            curve.pair,
            (curve.epochs[-1], curve.losses[-1]),
            (1, height),
            textcoords=right,
            va="center",
            color=INK,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "relpos": (0, 0.5), **leader},
        )
