"""The look of a product: its colours and its style."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shopclip.sample.assortment import Product
from shopclip.sample.silhouettes import FLAGS, Cut, Paint
from shopclip.sample.vocabulary import BRANDS, COLOURS, RGB, SOLID, luma

_BLACK: RGB = (8, 8, 12)
_IVORY: RGB = (250, 247, 238)
_SMOKE: RGB = (74, 84, 96)
# Luma below which only light details show on a fabric.
_DARK = 85.0
# A white thing stays white in the shade only if the shade is faint.
_WHITE = 235.0


@dataclass(frozen=True)
class Palette:
    """Paints by part, the ink of the pattern and the line around every part."""

    paints: dict[Paint, RGB]
    ink: RGB
    contour: RGB


def mix_palette(product: Product, look: Look) -> Palette:
    """Mix the paints of a product; its seams are sewn in the colour of its brand."""
    red, green, blue = (
        min(255, round(channel * tint))
        for channel, tint in zip(COLOURS[product.colour], look.tint, strict=True)
    )
    base = (red, green, blue)
    if luma(base) < _DARK:
        shade, lining = _blend(base, _IVORY, 0.1), _blend(base, _IVORY, 0.35)
    else:
        shade = _blend(base, _BLACK, 0.08 if luma(base) > _WHITE else 0.13)
        lining = _blend(base, _BLACK, 0.45)
    ink = base if product.pattern == SOLID else COLOURS[product.ink]
    return Palette(
        paints={
            Paint.FABRIC: base,
            Paint.PLAIN: base,
            Paint.SHADE: shade,
            Paint.LINING: lining,
            Paint.RUBBER: _IVORY,
            Paint.METAL: (196, 198, 204),
            Paint.GLASS: _blend(base, _SMOKE, 0.35),
            Paint.SEAM: _blend(base, BRANDS[product.brand][1], 0.6),
        },
        ink=_blend(base, ink, look.ink_strength),
        contour=_blend(base, _BLACK, 0.5),
    )


def _blend(color: RGB, other: RGB, share: float) -> RGB:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, other, strict=True))
    return red, green, blue


@dataclass(frozen=True)
class Look:
    """What the picture shows beside the row: cut, weave of the pattern, pose and light."""

    cut: Cut
    tint: tuple[float, float, float]
    """Factor on each colour channel of the fabric."""
    ink_strength: float
    """Opacity of the pattern, up to 1."""
    pitch: float
    """Distance from stripe to stripe or dot to dot in pixels."""
    slant: float
    """Direction of stripes and checks in radians; 0 is upright."""
    weave_seed: int
    """Seeds the places of printed motifs."""
    angle: float
    """Rotation of the product in radians."""
    scale: float
    shift: tuple[float, float]
    """Distance of the product from the centre of the picture in pixels."""
    brightness: float
    side_light: float
    """Relative gain of brightness from the left edge to the right edge."""


def choose_look(product: Product, rng: np.random.Generator) -> Look:
    """Draw a look for a product: what its caption names of the cut is kept, the rest is free."""
    flags = {flag: bool(rng.integers(2)) for flag in FLAGS}
    for feature, has in zip(product.article.features, product.features, strict=True):
        flags[feature.flag] = has
    red, green, blue = rng.uniform(0.96, 1.04, size=3)
    return Look(
        cut=Cut(product.gender, **flags),
        tint=(float(red), float(green), float(blue)),
        ink_strength=float(rng.uniform(0.8, 1.0)),
        pitch=float(rng.uniform(5.6, 7.6)),
        slant=float(rng.choice((0.0, np.pi / 2, np.pi / 4)) + rng.normal(scale=0.03)),
        weave_seed=int(rng.integers(2**32)),
        angle=float(rng.uniform(-0.09, 0.09)),
        scale=float(rng.uniform(0.88, 1.0)),
        shift=(float(rng.uniform(-1.8, 1.8)), float(rng.uniform(-2.0, 2.0))),
        brightness=float(rng.uniform(0.94, 1.03)),
        side_light=float(rng.uniform(-0.1, 0.1)),
    )
