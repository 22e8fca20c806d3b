"""Retrieved pictures as one matplotlib figure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from shopclip.figure_style import DPI
from shopclip.palette import HIT, INK, ON_LIGHT, QUIET, colour_numbers
from shopclip.pipelines.reporting.retrievals import Picture, Query

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# In widths of a picture.
TITLE, GAP, HEADING, OWN, LETTER = 1.4, 0.14, 0.62, 1.5, 0.16
INCHES = 0.52  # a picture's width


def gallery_figure(queries: Sequence[Query], images: np.ndarray) -> Figure:
    """For each caption its own picture, and beside it what every pair found; hits are framed.

    Args:
        images: uint8 (n, height, width, 3), the image store.
    """
    tall = images.shape[1] / images.shape[2]
    pairs = queries[0].found
    most = max(len(pictures) for query in queries for pictures in query.found.values())
    left = OWN + LETTER * (max(map(len, pairs)) + 2)  # where pictures start
    width = left + most * (1 + GAP)
    block = HEADING + len(pairs) * (tall + GAP) + 0.45
    height = TITLE + block * len(queries)
    figure = Figure(figsize=((width + 0.6) * INCHES, height * INCHES), dpi=DPI)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(-0.3, width + 0.3), ylim=(height - 0.3, -0.3), aspect="equal")
    axes.axis("off")
    axes.text(0, 0, "Retrieved pictures", va="top", fontsize=13, fontweight="bold", color=INK)
    axes.text(0, 0.6, "✓ has the caption asked for", va="top", fontsize=8.5, color=HIT)
    for number, query in enumerate(queries):
        caption = textwrap.shorten(query.caption, int(width / LETTER), placeholder=" …")
        top = TITLE + number * block
        axes.text(0, top, f"“{caption}”", va="top", fontsize=9.5, color=INK, parse_math=False)
        _query(axes, query, images, top=top + HEADING, left=left, tall=tall)
    return figure


def _query(
    axes: Axes, query: Query, images: np.ndarray, *, top: float, left: float, tall: float
) -> None:
    numbers = colour_numbers(query.found)
    _picture(axes, images[query.own], 0, top, tall)
    axes.text(0.5, top + tall + 0.1, "its own", va="top", ha="center", fontsize=7, color=QUIET)
    for line, (pair, pictures) in enumerate(query.found.items()):
        above = top + line * (tall + GAP)
        colour = ON_LIGHT[numbers[pair]]
        axes.text(OWN, above + tall / 2, pair, va="center", fontsize=8.5, color=colour)
        for place, picture in enumerate(pictures):
            _picture(axes, images[picture.row], left + place * (1 + GAP), above, tall, picture)


def _picture(
    axes: Axes,
    pixels: np.ndarray,
    left: float,
    top: float,
    tall: float,
    picture: Picture | None = None,
) -> None:
    axes.imshow(pixels, extent=(left, left + 1, top + tall, top), interpolation="bilinear")
    if picture and picture.hit:
        axes.add_patch(Rectangle((left, top), 1, tall, fill=False, edgecolor=HIT, linewidth=2.2))
        axes.text(
            left + 0.97, top + 0.04, "✓", va="top", ha="right", fontsize=7, color="white",
            bbox={"boxstyle": "circle,pad=0.15", "facecolor": HIT, "edgecolor": "white"},
        )  # fmt: skip
