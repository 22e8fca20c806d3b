"""What differs between two pictures of products with the same caption."""

from dataclasses import dataclass

import numpy as np

from shopclip.sample.silhouettes import Cut


@dataclass(frozen=True)
class Look:
    """Picture-only attributes: the cut, the weave of the pattern, the pose and the light."""

    cut: Cut
    tint: tuple[float, float, float]
    """Factor on each colour channel of the fabric."""
    light_ink: bool
    """Whether the pattern is lighter than its fabric, where either would be visible."""
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


def choose_look(gender: str, rng: np.random.Generator) -> Look:
    """Draw a look for a product that is cut for a gender."""
    long_sleeves, deep_neck, long, wide, light_ink = (
        bool(flag) for flag in rng.integers(2, size=5)
    )
    red, green, blue = rng.uniform(0.96, 1.04, size=3)
    return Look(
        cut=Cut(gender, long_sleeves=long_sleeves, deep_neck=deep_neck, long=long, wide=wide),
        tint=(float(red), float(green), float(blue)),
        light_ink=light_ink,
        ink_strength=float(rng.uniform(0.75, 1.0)),
        pitch=float(rng.uniform(5.6, 7.6)),
        slant=float(rng.choice((0.0, np.pi / 2, np.pi / 4)) + rng.normal(scale=0.03)),
        weave_seed=int(rng.integers(2**32)),
        angle=float(rng.uniform(-0.09, 0.09)),
        scale=float(rng.uniform(0.88, 1.0)),
        shift=(float(rng.uniform(-1.8, 1.8)), float(rng.uniform(-2.0, 2.0))),
        brightness=float(rng.uniform(0.94, 1.03)),
        side_light=float(rng.uniform(-0.1, 0.1)),
    )
