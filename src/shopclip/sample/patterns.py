"""Patterns and emblems on cloth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from shopclip.sample.look import Look
from shopclip.sample.vocabulary import BRANDS

Outline = tuple[tuple[float, float], ...]

_KEYLINE = (255, 255, 255)


def _circle(radius: float) -> Outline:
    angles = [math.tau * step / 28 for step in range(29)]
    return tuple((radius * math.cos(angle), radius * math.sin(angle)) for angle in angles)


def _star() -> Outline:
    spokes = ((1.05 if step % 2 == 0 else 0.45, math.tau * step / 10) for step in range(10))
    return tuple((r * math.sin(angle), -r * math.cos(angle)) for r, angle in spokes)


def _heart() -> Outline:
    angles = [math.tau * step / 32 for step in range(32)]
    return tuple(
        (
            0.95 * math.sin(a) ** 3,
            -(13 * math.cos(a) - 5 * math.cos(2 * a) - 2 * math.cos(3 * a) - math.cos(4 * a)) / 16,
        )
        for a in angles
    )


_A, _B = 0.34, 0.98

SHAPES: dict[str, Outline] = {
    "bolt": ((0.35, -1), (-0.7, 0.2), (-0.1, 0.2), (-0.35, 1), (0.7, -0.25), (0.1, -0.25)),
    "chevron": ((-1, -0.6), (0, 0.15), (1, -0.6), (1, 0.1), (0, 0.85), (-1, 0.1)),
    "cross": (
        *((-_A, -_B), (_A, -_B), (_A, -_A), (_B, -_A), (_B, _A), (_A, _A)),
        *((_A, _B), (-_A, _B), (-_A, _A), (-_B, _A), (-_B, -_A), (-_A, -_A)),
    ),
    "diamond": ((0, -1), (0.72, 0), (0, 1), (-0.72, 0)),
    "heart": _heart(),
    "ring": (*_circle(0.95), *reversed(_circle(0.42))),
    "star": _star(),
    "triangle": ((0, -0.9), (0.98, 0.75), (-0.98, 0.75)),
}


def stamp(
    draw: ImageDraw.ImageDraw, brand: str, centre: tuple[float, float], radius: float
) -> None:
    """Draw a brand's emblem with a white keyline; an unknown brand is a KeyError."""
    shape, color = BRANDS[brand]
    outline = [(centre[0] + x * radius, centre[1] + y * radius) for x, y in SHAPES[shape]]
    closed = [*outline, *outline[:2]]
    draw.line(closed, fill=_KEYLINE, width=max(2, round(radius * 0.5)), joint="curve")
    draw.polygon(outline, fill=color)


_HALF_TONE = 150


def ink_mask(pattern: str, look: Look, size: tuple[int, int], zoom: int) -> Image.Image:
    """Fill a canvas of `size` with a pattern whose pixel lengths in the look grow by `zoom`.

    The mask has mode L; 255 is full ink. An unknown pattern, or a solid one, is a KeyError.
    """
    return _WEAVES[pattern](look, size, zoom)


def _striped(look: Look, size: tuple[int, int], zoom: int) -> Image.Image:
    return _bands(size, look.pitch * zoom, 0.33 * look.pitch * zoom, look.slant, 255)


def _checked(look: Look, size: tuple[int, int], zoom: int) -> Image.Image:
    pitch = look.pitch * zoom * 1.25
    # Checks lie square or on their corners, so upright and level stripes make the same ones.
    warp = _bands(size, pitch, 0.25 * pitch, look.slant, _HALF_TONE)
    weft = _bands(size, pitch, 0.25 * pitch, look.slant + math.pi / 2, _HALF_TONE)
    return ImageChops.screen(warp, weft)


def _dotted(look: Look, size: tuple[int, int], zoom: int) -> Image.Image:
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    pitch = look.pitch * zoom * 0.92
    for x, y in _staggered(size, pitch):
        draw.circle((x, y), 0.25 * pitch, fill=255)
    return mask


def _printed(look: Look, size: tuple[int, int], zoom: int) -> Image.Image:
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    rng = np.random.default_rng(look.weave_seed)
    pitch = look.pitch * zoom * 1.6
    petal = 0.14 * pitch
    for x, y in _staggered(size, pitch):
        dx, dy, turn = rng.uniform(-0.14, 0.14, size=3)
        centre = (x + dx * pitch, y + dy * pitch)
        for step in range(5):
            angle = turn * 9 + step * math.tau / 5
            reach = 1.35 * petal
            tip = (centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle))
            draw.circle(tip, petal, fill=255)
        draw.circle(centre, 0.75 * petal, fill=0)
    return mask


_WEAVES: dict[str, Callable[[Look, tuple[int, int], int], Image.Image]] = {
    "Striped": _striped,
    "Checked": _checked,
    "Dotted": _dotted,
    "Printed": _printed,
}


def _bands(
    size: tuple[int, int], pitch: float, width: float, slant: float, tone: int
) -> Image.Image:
    """Rule parallel bands across the canvas; a slant of 0 makes them upright."""
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    reach = math.hypot(*size) / 2
    across, along = (math.cos(slant), math.sin(slant)), (-math.sin(slant), math.cos(slant))
    count = math.ceil(reach / pitch)
    for step in range(-count, count + 1):
        x = size[0] / 2 + across[0] * (step + 0.5) * pitch
        y = size[1] / 2 + across[1] * (step + 0.5) * pitch
        ends = [(x - along[0] * reach, y - along[1] * reach)]
        ends.append((x + along[0] * reach, y + along[1] * reach))
        draw.line(ends, fill=tone, width=round(width))
    return mask


def _staggered(size: tuple[int, int], pitch: float) -> Iterator[tuple[float, float]]:
    """Yield the points of a triangular grid that covers the canvas."""
    for row in range(math.ceil(size[1] / pitch / 0.866) + 1):
        for column in range(math.ceil(size[0] / pitch) + 1):
            yield (column + row % 2 / 2) * pitch, row * 0.866 * pitch
