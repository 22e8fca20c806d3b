"""Palette and style of every figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

# The first five are told apart with any colour vision, markers help with the sixth; all have three
# to one and more against the paper they stand on.
ON_LIGHT = ("#0072b2", "#c8500a", "#5e1a5c", "#b2557a", "#4a4a00", "#5d646a")
ON_DARK = ("#5ab4f0", "#f58a4b", "#e2c4f2", "#f04f93", "#dcecae", "#7b8389")
MARKERS = ("o", "s", "D", "^", "v", "P")

INK, QUIET, RULE, PAPER = "#1d2226", "#59626a", "#dcdcd8", "#ffffff"
HIT, COLLAPSED = "#1a7f37", "#f8dcd8"

# By the name that a style sheet knows each by; no two are the same, so that a colour of a figure
# tells which one is meant.
LIGHT = {
    "ink": INK,
    "quiet": QUIET,
    "rule": RULE,
    "card": PAPER,
    "hit": HIT,
    "collapsed": COLLAPSED,
    **{f"pair-{number}": color for number, color in enumerate(ON_LIGHT)},
}
DARK = {
    "ink": "#e8eaeb",
    "quiet": "#a0a9b0",
    "rule": "#33393e",
    "card": "#1b1f22",
    "hit": "#3fb950",
    "collapsed": "#432a28",
    **{f"pair-{number}": color for number, color in enumerate(ON_DARK)},
}


def color_numbers(pairs: Iterable[str]) -> dict[str, int]:
    """Which colour of the palette each pair has; beyond six they come round again."""
    return {pair: number % len(ON_LIGHT) for number, pair in enumerate(sorted(pairs))}


DPI = 160
SIZE, SMALL = 9.0, 8.0  # of letters, in points

STYLE: dict[str, Any] = {
    "font.size": SIZE,
    "text.color": INK,
    "text.parse_math": False,  # names and captions are anybody's
    "axes.facecolor": "none",
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.spines.bottom": False,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "axes.titlesize": SIZE,
    "axes.titlecolor": QUIET,
    "axes.titlepad": 5.0,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.labelcolor": QUIET,
    "ytick.labelcolor": QUIET,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "svg.fonttype": "none",
    "svg.hashsalt": "shopclip",  # the same chart has the same ids
}
_LOCK = RLock()  # matplotlib's settings are those of the whole process


@contextmanager
def styled() -> Iterator[None]:
    """Charts are drawn in here."""
    from matplotlib import style

    with _LOCK, style.context(STYLE, after_reset=True):  # type: ignore[arg-type]
        yield
