"""What all figures have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shopclip.palette import INK, QUIET, RULE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 160


def add_title(figure: Figure, title: str, subtitle: str) -> None:
    """At the top left, the subtitle below it in quiet letters."""
    figure.suptitle(f"{title}\n", x=0.012, ha="left", fontsize=14, fontweight="bold", color=INK)
    figure.text(0.012, 0.985, f"\n\n{subtitle}", va="top", fontsize=9.5, color=QUIET)


def plain_axes(axes: Axes, *, grid: str) -> None:
    """Nothing but light rules along one axis."""
    axes.spines[:].set_visible(False)
    axes.grid(axis="x" if grid == "x" else "y", color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelcolor=INK, labelsize=9.5)
