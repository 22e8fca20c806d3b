"""A chart: what it says, and how it is drawn on a sheet of any width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shopclip.figures.sheet import Sheet, heading
from shopclip.figures.style import styled

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

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
            heading(sheet, self.title, self.subtitle)
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


def spoken(artist: Artist, words: str) -> None:
    """Say of a part of a chart what it shows: on a page it is read out, and a tooltip."""
    artist.set_gid(f"{SPOKEN}{words}")
