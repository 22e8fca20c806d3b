"""The brands' emblems: shapes within a circle of radius 1 around the origin, y pointing down."""

import math

from PIL import ImageDraw

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
    shape, colour = BRANDS[brand]
    outline = [(centre[0] + x * radius, centre[1] + y * radius) for x, y in SHAPES[shape]]
    closed = [*outline, *outline[:2]]
    draw.line(closed, fill=_KEYLINE, width=max(2, round(radius * 0.5)), joint="curve")
    draw.polygon(outline, fill=colour)
