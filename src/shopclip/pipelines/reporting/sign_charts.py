"""Where things stand in the small charts of the report, in percent of width and height."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shopclip.pipelines.reporting.charts import Tick, round_ticks, svg_points
from shopclip.pipelines.reporting.signs import Panel


@dataclass(frozen=True)
class Dot:
    """How a pair stands after the epoch whose weights it ends with."""

    left: float
    top: float
    value: str


@dataclass(frozen=True)
class SignChart:
    """Lines as SVG points and dots by pair, and the band of what counts as collapsed.

    Attributes:
        band: top and height.
    """

    title: str
    lines: dict[str, str]
    dots: dict[str, Dot]
    band: tuple[float, float] | None
    x_ticks: list[Tick]
    y_ticks: list[Tick]

    @property
    def words(self) -> str:
        """The chart for those who do not see it."""
        return f"{self.title}: {', '.join(f'{p} {dot.value}' for p, dot in self.dots.items())}"


def sign_charts(panels: Sequence[Panel], kept: Mapping[str, int]) -> list[SignChart]:
    """A small chart a panel; `kept` says after how many epochs each pair had its weights."""
    return [_chart(panel, kept) for panel in panels]


def _chart(panel: Panel, kept: Mapping[str, int]) -> SignChart:
    epochs = round_ticks(0, panel.epochs, 4, whole=True)
    values = round_ticks(panel.low, panel.high, 4)
    return SignChart(
        title=panel.title,
        lines={
            pair: svg_points(
                [panel.across(epoch) for epoch in line.index], [panel.down(value) for value in line]
            )
            for pair, line in panel.lines.items()
        },
        dots={
            pair: _dot(panel, kept[pair], float(line[kept[pair]]))
            for pair, line in panel.lines.items()
        },
        band=_band(panel),
        x_ticks=[
            Tick(panel.across(epoch), f"{epoch:g}") for epoch in epochs if epoch <= panel.epochs
        ],
        y_ticks=[
            Tick(panel.down(value), f"{value:g}".replace("-", "\N{MINUS SIGN}"))
            for value in values
            if panel.low <= value <= panel.high
        ],
    )


def _dot(panel: Panel, epochs: int, value: float) -> Dot:
    return Dot(panel.across(epochs), panel.down(value), f"{value:.3g}")


def _band(panel: Panel) -> tuple[float, float] | None:
    if panel.collapsed is None:
        return None
    bottom, top = map(panel.down, panel.collapsed)
    return top, round(bottom - top, 2)
