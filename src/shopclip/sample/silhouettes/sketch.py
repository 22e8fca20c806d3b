"""A sketch of a product, and the geometry of its curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import Enum, auto

Point = tuple[float, float]
Corner = Point | tuple[float, float, float]
"""A point, or a point followed by the radius that rounds it."""

_ARC_STEPS = 5


def mirrored(half: Sequence[Corner]) -> list[Corner]:
    """Complete the right half of a symmetric outline, listed from the top to the bottom."""
    other = (corner for corner in reversed(half) if corner[0] != 0)
    return [*half, *(_placed(corner, -corner[0], corner[1]) for corner in other)]


def box(left: float, top: float, right: float, bottom: float) -> list[Corner]:
    """Outline an upright rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def shrunk(corners: Sequence[Corner], share_x: float, share_y: float) -> list[Corner]:
    """Shrink an outline around the mean of its corners."""
    x, y = centre(corners)
    return [
        _placed(corner, x + (corner[0] - x) * share_x, y + (corner[1] - y) * share_y)
        for corner in corners
    ]


def centre(corners: Sequence[Corner]) -> Point:
    """Find the mean of the corners."""
    x, y = (sum(corner[axis] for corner in corners) / len(corners) for axis in (0, 1))
    return x, y


def rounded(corners: Sequence[Corner], radius: float) -> list[Point]:
    """Round every corner of a closed outline, but never past the middle of an edge.

    A radius longer than the edges turns the outline into one smooth curve.
    """
    curve: list[Point] = []
    for before, corner, after in zip(
        (corners[-1], *corners[:-1]), corners, (*corners[1:], corners[0]), strict=True
    ):
        reach = corner[2] if len(corner) == 3 else radius
        start = _towards(corner, before, reach)
        end = _towards(corner, after, reach)
        for step in range(_ARC_STEPS + 1):
            t = step / _ARC_STEPS
            weights = ((1 - t) ** 2, 2 * t * (1 - t), t**2)
            curve.append(
                (
                    weights[0] * start[0] + weights[1] * corner[0] + weights[2] * end[0],
                    weights[0] * start[1] + weights[1] * corner[1] + weights[2] * end[1],
                )
            )
    return curve


def ellipse(x: float, y: float, radius_x: float, radius_y: float) -> list[Point]:
    """Approximate an axis-aligned ellipse around (x, y)."""
    angles = (2 * math.pi * step / 36 for step in range(36))
    return [(x + radius_x * math.cos(a), y + radius_y * math.sin(a)) for a in angles]


def ribbon(path: Sequence[Point], width: float) -> list[Point]:
    """Outline the band of a given width along an open path of at least two distinct points."""
    left: list[Point] = []
    right: list[Point] = []
    for index, (x, y) in enumerate(path):
        before, after = path[max(index - 1, 0)], path[min(index + 1, len(path) - 1)]
        dx, dy = after[0] - before[0], after[1] - before[1]
        offset = width / 2 / math.hypot(dx, dy)
        left.append((x - dy * offset, y + dx * offset))
        right.append((x + dy * offset, y - dx * offset))
    return [*left, *reversed(right)]


def arch(x: float, y: float, radius_x: float, radius_y: float) -> list[Point]:
    """Follow the upper half of an ellipse around (x, y) from left to right."""
    angles = (math.pi * step / 16 for step in range(17))
    return [(x - radius_x * math.cos(a), y - radius_y * math.sin(a)) for a in angles]


def _placed(corner: Corner, x: float, y: float) -> Corner:
    return (x, y) if len(corner) == 2 else (x, y, corner[2])


def _towards(corner: Corner, neighbour: Corner, reach: float) -> Point:
    dx, dy = neighbour[0] - corner[0], neighbour[1] - corner[1]
    share = min(0.5, reach / math.hypot(dx, dy))
    return corner[0] + share * dx, corner[1] + share * dy


@dataclass(frozen=True)
class Cut:
    """How a product is tailored; captions name its gender and the features of its article."""

    gender: str
    long_sleeves: bool = False
    deep_neck: bool = False
    long: bool = False
    wide: bool = False

    @property
    def fitted(self) -> bool:
        """Whether it follows the women's pattern: a waist, slim straps, small cases."""
        return self.gender == "Women"


FLAGS = tuple(field.name for field in fields(Cut) if field.name != "gender")
"""The yes-or-no fields of a cut."""


class Paint(Enum):
    """What a part of a sketch is made of."""

    FABRIC = auto()
    """The base colour with its pattern."""
    PLAIN = auto()
    """The base colour alone."""
    SHADE = auto()
    """The base colour out of the light."""
    LINING = auto()
    """The base colour from within: in deep shadow, or paler where it is dark itself."""
    RUBBER = auto()
    METAL = auto()
    GLASS = auto()
    SEAM = auto()
    """An open line of stitches instead of an area."""


@dataclass(frozen=True)
class Part:
    """One area, or for `Paint.SEAM` one line, of a sketch."""

    outline: tuple[Point, ...]
    paint: Paint

    def moved(self, x: float, y: float) -> Part:
        """Shift the part by pixels."""
        return Part(tuple((px + x, py + y) for px, py in self.outline), self.paint)

    def flipped(self) -> Part:
        """Mirror the part at the vertical centre line."""
        return Part(tuple((-x, y) for x, y in self.outline), self.paint)


@dataclass(frozen=True)
class Sketch:
    """The parts of a product from back to front, and where its emblem goes (pixels)."""

    parts: tuple[Part, ...]
    emblem: Point
    emblem_radius: float = 4.2


def patch(paint: Paint, corners: Sequence[Corner], radius: float = 1.5) -> Part:
    """Cut a patch with rounded corners."""
    return Part(tuple(rounded(corners, radius)), paint)


def disc(paint: Paint, x: float, y: float, radius: float) -> Part:
    """Cut a round patch."""
    return Part(tuple(ellipse(x, y, radius, radius)), paint)


def seam(*points: Point) -> Part:
    """Stitch an open line."""
    return Part(points, Paint.SEAM)


def pair(part: Part) -> tuple[Part, Part]:
    """Repeat a part on the other side of the centre line."""
    return part, part.flipped()
