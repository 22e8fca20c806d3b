"""What all charts have in common, whatever the matplotlibrc of the machine says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from shopclip.figures.palette import INK, QUIET, RULE

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
