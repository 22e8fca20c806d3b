"""Which knobs of a tuning made a difference."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.ticker import PercentFormatter

from shopclip.figures.chart import Chart
from shopclip.figures.labels import text_width
from shopclip.figures.palette import INK, ON_LIGHT
from shopclip.figures.sheet import Sheet
from shopclip.figures.style import SIZE

EXPLAINED = "share of the validation MRR's variance that a knob explains, in % (fANOVA)"


def importance_chart(shares: Mapping[str, float], note: str) -> Chart:
    """A bar a knob, the most important on top; the note alone where there is nothing to show."""
    return Chart(
        name="importance",
        title="Which knobs made a difference",
        subtitle=f"{EXPLAINED}; {note}" if shares else EXPLAINED,
        words="The share of the validation MRR's variance that each knob explains.",
        draw=lambda sheet: _draw(sheet, shares, note),
    )


def _draw(sheet: Sheet, shares: Mapping[str, float], note: str) -> None:
    if not shares:
        sheet.nothing(note)
        return
    (axes,) = sheet.panels(
        1, least=1.0, height=0.28 * len(shares), left=max(map(text_width, shares)) + 0.12,
        right=0.3, top=0.05,
    )  # fmt: skip
    names, values = list(shares), list(shares.values())
    bars = axes.barh(names, values, height=0.55, color=ON_LIGHT[0])
    axes.bar_label(bars, [f"{100 * value:.0f}" for value in values], padding=5, color=INK)
    axes.tick_params(axis="y", labelcolor=INK, labelsize=SIZE)
    axes.set(xlim=(0, 1.1 * max(values)), ylim=(len(names) - 0.5, -0.5))
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.grid(axis="x")
