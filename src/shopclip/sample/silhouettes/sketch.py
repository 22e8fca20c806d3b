"""What a sketch of a product consists of."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from shopclip.sample.silhouettes.geometry import Corner, Point, ellipse, rounded


@dataclass(frozen=True)
class Cut:
    """How a product is tailored; all but the gender can be told from its picture only."""

    gender: str
    long_sleeves: bool = False
    deep_neck: bool = False
    long: bool = False
    wide: bool = False

    @property
    def fitted(self) -> bool:
        """Whether it follows the women's pattern: a waist, slim straps, small cases."""
        return self.gender == "Women"


class Paint(Enum):
    """What a part of a sketch is made of."""

    FABRIC = auto()
    """The base colour with its pattern."""
    PLAIN = auto()
    """The base colour alone."""
    SHADE = auto()
    """The base colour out of the light."""
    LINING = auto()
    """The base colour in deep shadow."""
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

    def moved(self, x: float, y: float) -> "Part":
        """Shift the part by pixels."""
        return Part(tuple((px + x, py + y) for px, py in self.outline), self.paint)

    def flipped(self) -> "Part":
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
