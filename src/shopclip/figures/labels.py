"""Words in charts: their length, their lines, and the room between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from shopclip.figures.style import SIZE

LINE = 1.2 * SIZE / 72  # from one line of words to the next, in inches


@lru_cache(maxsize=4096)
def text_width(words: str, size: float = SIZE) -> float:
    """In inches, in matplotlib's own letters, which are wider than those of most pages."""
    letters = FontProperties(family="DejaVu Sans", size=size)
    width, _, _ = text_to_path.get_text_width_height_descent(words, letters, ismath=False)
    return float(width) / 72


def wrapped(words: str, width: float, size: float = SIZE) -> str:
    """In lines of no more than `width` inches, broken after spaces and underscores if possible."""
    lines = [""]
    for piece in _pieces(words, width, size):
        if lines[-1] and text_width(f"{lines[-1]}{piece}".strip(), size) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.strip() for line in lines)


def _pieces(words: str, width: float, size: float) -> Iterable[str]:
    for piece in re.findall(r"[^_ ]*[_ ]|[^_ ]+", " ".join(words.split())):
        yield from [piece] if text_width(piece.strip(), size) <= width else piece


def lines_of(words: str) -> int:
    return words.count("\n") + 1


def spread_labels(heights: Sequence[float], gap: float) -> list[float]:
    """Move labels apart until they are `gap` from each other, and as little as that takes."""
    order = np.argsort(heights, kind="stable")
    # Without the gaps the labels may touch but not pass: that is isotonic regression.
    offsets = gap * np.arange(len(order))
    blocks: list[tuple[float, int]] = []
    for target in np.asarray(heights, dtype=float)[order] - offsets:
        mean, size = float(target), 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    moved = np.repeat([mean for mean, _ in blocks], [size for _, size in blocks]) + offsets
    positions = np.empty(len(order))
    positions[order] = moved
    return positions.tolist()
