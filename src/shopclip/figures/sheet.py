"""A sheet that a chart is drawn on, from the top down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from matplotlib.figure import Figure
from matplotlib.transforms import offset_copy

from shopclip.figures.labels import LINE, lines_of, text_width, wrapped
from shopclip.figures.palette import INK, MARKERS, ON_LIGHT, QUIET
from shopclip.figures.style import DPI, SIZE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

KEY = 0.17  # from the middle of a marker to its words, in inches
BETWEEN = 0.25  # panels, and keys


@dataclass(frozen=True)
class Key:
    """An entry of a legend: words beside a marker of these properties."""

    words: str
    marker: dict[str, Any]


def pair_keys(numbers: dict[str, int]) -> list[Key]:
    """A key a pair, by the number of its colour."""
    return [
        Key(pair, {"color": ON_LIGHT[number], "marker": MARKERS[number]})
        for pair, number in numbers.items()
    ]


def beside(axes: Axes, inches: float) -> Transform:
    """Heights in data, shares of the axes' width, all so far to the right (left if negative)."""
    return offset_copy(axes.get_yaxis_transform(), cast(Figure, axes.get_figure()), x=inches)


class Sheet:
    """Everything is placed in inches: `width` is all there is, the height is what it takes.

    Args:
        margin: free space on all sides, beyond the width.
    """

    def __init__(self, width: float, *, margin: float = 0.0) -> None:
        self.width, self._margin = width, margin
        self._figure = Figure(figsize=(width, 1.0), dpi=DPI)
        self._filled = 0.0
        self._placed: list[tuple[Axes, tuple[float, float, float, float]]] = []

    def write(self, words: str, *, size: float = SIZE, below: float = 0.0, **how: Any) -> None:
        """Lines of text across the sheet, and free space below them."""
        text = wrapped(words, self.width, size)
        height = lines_of(text) * LINE * size / SIZE
        strip = self._strip(height + below)
        strip.text(0, 0, text, size=size, va="top", **how)

    def keys(self, keys: Iterable[Key]) -> None:
        """A legend: one line if there is room, more if not."""
        placed, left, line = [], 0.0, 0
        for key in keys:
            length = KEY + text_width(key.words)
            if left and left + length > self.width:
                left, line = 0.0, line + 1
            placed.append((key, left, line))
            left += length + BETWEEN
        strip = self._strip((line + 1) * 1.5 * LINE + 0.1)
        for key, left, line in placed:
            middle = (line + 0.5) * 1.5 * LINE
            strip.plot(left + 0.05, middle, **{"markersize": 6, "linestyle": "none", **key.marker})
            strip.text(left + KEY, middle, " ".join(key.words.split()), va="center_baseline")

    def panels(
        self,
        count: int,
        *,
        least: float,
        height: float,
        left: float = 0.0,
        right: float = 0.0,
        top: float = 0.28,
        bottom: float = 0.3,
    ) -> list[Axes]:
        """So many axes in even rows, each at least `least` wide with its margins.

        Args:
            height: of the axes, without the margins.
        """
        across, panels = self.across(count, least), []
        columns = round((self.width + BETWEEN) / (across + BETWEEN))
        rows = -(-count // columns)
        for number in range(count):
            row, column = divmod(number, columns)
            start = self._filled + row * (top + height + bottom) + top
            box = (column * (across + BETWEEN) + left, start, across - left - right, height)
            panels.append(self._axes(box))
        self._filled += rows * (top + height + bottom)
        return panels

    def across(self, count: int, least: float) -> float:
        """The width of each of so many panels, with its margins."""
        fit = max(1, min(count, int((self.width + BETWEEN) // (least + BETWEEN))))
        rows = -(-count // fit)
        columns = -(-count // rows)
        return (self.width - (columns - 1) * BETWEEN) / columns

    def nothing(self, words: str) -> None:
        """Why there is nothing to show."""
        self.write(words, color=QUIET, below=0.1)

    def finish(self) -> Figure:
        """The figure, as high as it was filled."""
        across, down = (length + 2 * self._margin for length in (self.width, self._filled))
        self._figure.set_size_inches(across, down)
        for axes, (left, top, width, height) in self._placed:
            start, end = left + self._margin, top + height + self._margin
            axes.set_position((start / across, 1 - end / down, width / across, height / down))
        return self._figure

    def _strip(self, height: float) -> Axes:
        """Across the sheet, without axes, in inches from its top left."""
        strip = self._axes((0.0, self._filled, self.width, height))
        strip.set(xlim=(0, self.width), ylim=(height, 0))
        strip.axis("off")
        self._filled += height
        return strip

    def _axes(self, box: tuple[float, float, float, float]) -> Axes:
        axes = self._figure.add_axes((0.0, 0.0, 1.0, 1.0), label=str(len(self._placed)))
        axes.tick_params(axis="x", pad=4)
        self._placed.append((axes, box))
        return axes


def heading(sheet: Sheet, title: str, subtitle: str) -> None:
    """What a page says beside a chart, for pictures that stand alone."""
    sheet.write(title, size=13, color=INK, fontweight="bold", below=0.04)
    sheet.write(subtitle, color=QUIET, below=0.14)
