"""What a chart shows, as a test reads it."""

from __future__ import annotations

from shopclip.figures.chart import SPOKEN, WIDTHS
from shopclip.figures.style import styled


def drawn(chart, kind="wide"):
    """Its body, laid out."""
    figure = chart.body(WIDTHS[kind])
    with styled():
        figure.draw_without_rendering()
    return figure


def texts(figure):
    """All that it says, its lines joined."""
    artists = figure.findobj(lambda artist: hasattr(artist, "get_text") and artist.get_visible())
    words = {artist.get_text().replace("_\n", "_").replace("\n", " ").strip() for artist in artists}
    return words - {""}


def spoken_of(figure):
    """What it says of its parts, in their order."""
    gids = [artist.get_gid() or "" for artist in figure.findobj()]
    return [gid.removeprefix(SPOKEN) for gid in gids if gid.startswith(SPOKEN)]


def panels_of(figure):
    """Its axes, without the strips of words above them."""
    return [axes for axes in figure.axes if axes.axison]
