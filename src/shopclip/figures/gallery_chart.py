"""Retrieved pictures."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Rectangle

from shopclip.figures.chart import Chart, Sheet
from shopclip.figures.labels import text_width
from shopclip.figures.style import HIT, INK, ON_LIGHT, QUIET, SIZE, SMALL, color_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Inches.
MAX_SIZE, GAP, HEADING, BELOW = 0.62, 0.08, 0.25, 0.25
LETTER, MIN_WIDTH = 0.075, 6.0  # a letter's width, and the sheet's, so that the subtitle has room


@dataclass(frozen=True)
class Picture:
    """A retrieved picture: its row in the image store, and whether it has the caption asked for."""

    row: int
    position: int
    hit: bool
    caption: str


@dataclass(frozen=True)
class Query:
    """A caption, the row of its own picture, and what each pair retrieved for it, nearest first."""

    caption: str
    own: int
    retrieved: dict[str, list[Picture]]


def gallery_chart(queries: Sequence[Query], images: np.ndarray) -> Chart:
    """For each caption its own picture, and beside it what every pair retrieved; hits are framed.

    Args:
        images: uint8 (n, height, width, 3), the image store.
    """
    return Chart(
        name="gallery",
        title="Retrieved pictures",
        subtitle="for each caption its own picture, then the nearest of each pair; ✓ has the "
        "caption asked for",
        words="What every pair retrieves for the same captions.",
        draw=lambda sheet: _draw(sheet, queries, images),
    )


def _draw(sheet: Sheet, queries: Sequence[Query], images: np.ndarray) -> None:
    pairs = queries[0].retrieved
    columns = max(len(pictures) for query in queries for pictures in query.retrieved.values())
    names = max(map(text_width, pairs)) + 2 * GAP
    size = min(MAX_SIZE, (sheet.width - names - (columns + 2) * GAP) / (columns + 1))
    tall = size * images.shape[1] / images.shape[2]
    left = size + 2 * GAP + names  # where retrieved pictures begin
    sheet.width = min(sheet.width, max(left + columns * (size + GAP), MIN_WIDTH))
    block = HEADING + len(pairs) * (tall + GAP) + BELOW
    for query in queries:
        (axes,) = sheet.panels(1, sheet.width, height=block, top=0, bottom=0)
        axes.set(xlim=(0, sheet.width), ylim=(block, 0))
        axes.axis("off")
        caption = textwrap.shorten(query.caption, int(sheet.width / LETTER), placeholder=" …")
        axes.text(0, 0, f"“{caption}”", va="top", size=SIZE, color=INK)
        _query(axes, query, images, size=(size, tall), left=left)


def _query(
    axes: Axes, query: Query, images: np.ndarray, *, size: tuple[float, float], left: float
) -> None:
    wide, tall = size
    numbers = color_numbers(query.retrieved)
    _picture(axes, images[query.own], (0, HEADING), size)
    axes.text(
        wide / 2, HEADING + tall + 0.03, "its own", va="top", ha="center", size=SMALL, color=QUIET
    )
    for line, (pair, pictures) in enumerate(query.retrieved.items()):
        top = HEADING + line * (tall + GAP)
        axes.text(wide + 2 * GAP, top + tall / 2, pair, va="center", color=ON_LIGHT[numbers[pair]])
        for column, picture in enumerate(pictures):
            corner = (left + column * (wide + GAP), top)
            _picture(axes, images[picture.row], corner, size)
            if picture.hit:
                _check(axes, corner, size)


def _picture(
    axes: Axes, pixels: np.ndarray, corner: tuple[float, float], size: tuple[float, float]
) -> None:
    (left, top), (wide, tall) = corner, size
    axes.imshow(
        pixels, extent=(left, left + wide, top + tall, top), interpolation="bilinear", aspect="auto"
    )
    axes.autoscale(enable=False)


def _check(axes: Axes, corner: tuple[float, float], size: tuple[float, float]) -> None:
    (left, top), (wide, tall) = corner, size
    axes.add_patch(Rectangle(corner, wide, tall, fill=False, edgecolor=HIT, linewidth=2.2))
    axes.text(
        left + wide - 0.02,
        top + 0.02,
        "✓",
        va="top",
        ha="right",
        size=7,
        color="white",
        bbox={"boxstyle": "circle,pad=0.15", "facecolor": HIT, "edgecolor": "white"},
    )
