"""A chart: its words, and its drawing on a sheet of any width."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from matplotlib.figure import Figure
from matplotlib.transforms import offset_copy

from shopclip.figures.labels import LINE, lines_of, text_width, wrapped
from shopclip.figures.style import DPI, INK, MARKERS, ON_LIGHT, QUIET, SIZE, styled

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Transform
    from numpy.typing import ArrayLike

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
        min_width: float,
        *,
        height: float,
        left: float = 0.0,
        right: float = 0.0,
        top: float = 0.28,
        bottom: float = 0.3,
    ) -> list[Axes]:
        """So many axes in even rows, each at least `min_width` wide with its margins.

        Args:
            height: of the axes, without the margins.
        """
        across, panels = self.across(count, min_width), []
        columns = round((self.width + BETWEEN) / (across + BETWEEN))
        rows = -(-count // columns)
        for number in range(count):
            row, column = divmod(number, columns)
            start = self._filled + row * (top + height + bottom) + top
            box = (column * (across + BETWEEN) + left, start, across - left - right, height)
            panels.append(self._axes(box))
        self._filled += rows * (top + height + bottom)
        return panels

    def across(self, count: int, min_width: float) -> float:
        """The width of each of so many panels, with its margins."""
        fit = max(1, min(count, int((self.width + BETWEEN) // (min_width + BETWEEN))))
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


# Inches. Letters of nine points are as large as those of the page where a sheet has the width that
# the page leaves it: on a desk, and on a phone.
WIDTHS = {"wide": 9.0, "narrow": 3.4}
MARGIN = 0.2  # inches, of a picture that stands alone
SPOKEN = "spoken:"


@dataclass(frozen=True, kw_only=True)
class Chart:
    """The one definition of a figure.

    Attributes:
        name: no other chart of a page has it.
        words: the chart for those who do not see it.
        draw: fills a sheet; lays out what it draws by the sheet's width.
    """

    name: str
    title: str
    subtitle: str
    words: str
    draw: Callable[[Sheet], None]

    def figure(self) -> Figure:
        """With title and subtitle, for a picture that stands alone."""
        with styled():
            sheet = Sheet(WIDTHS["wide"], margin=MARGIN)
            sheet.write(self.title, size=13, color=INK, fontweight="bold", below=0.04)
            sheet.write(self.subtitle, color=QUIET, below=0.14)
            self.draw(sheet)
            figure = sheet.finish()
            figure.draw_without_rendering()  # makes the ticks while the style holds
            return figure

    def body(self, width: float) -> Figure:
        """Without them, for a page that says them itself; to be saved while `styled`."""
        with styled():
            sheet = Sheet(width)
            self.draw(sheet)
            return sheet.finish()


def draw_line(
    axes: Axes, xs: ArrayLike, ys: ArrayLike, *, number: int, marked: int, width: float, words: str
) -> None:
    """A pair's line in the colour of its number, with a marker at one of its points."""
    style: dict[str, Any] = {"marker": MARKERS[number], "markersize": 5.5, "markevery": [marked]}
    (line,) = axes.plot(xs, ys, color=ON_LIGHT[number], linewidth=width, clip_on=False, **style)
    spoken(line, words)


def spoken(artist: Artist, words: str) -> None:
    """Say of a part of a chart what it shows: on a page it is read out, and a tooltip."""
    artist.set_gid(f"{SPOKEN}{words}")
