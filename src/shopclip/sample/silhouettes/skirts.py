"""Sketches of dresses and skirts."""

from shopclip.sample.silhouettes.geometry import Corner, box, mirrored
from shopclip.sample.silhouettes.sketch import Cut, Paint, Sketch, pair, patch, seam


def dress(cut: Cut) -> Sketch:
    """Sleeveless, on slim straps or broad ones, with a belt and a flared skirt."""
    hem, strap = (74.0 if cut.long else 64.0), (9.5 if cut.wide else 7.0)
    flare = 23.0 if cut.deep_neck else 19.5
    bodice: list[Corner] = [
        (0, 23 if cut.deep_neck else 19, 5),
        (4.5, 18, 4),
        (5.5, 8.5, 0.5),
        (strap, 8.5, 0.5),
        (strap + 0.5, 18, 5),
        (11, 22),
        (8, 37),
        (0, 37),
    ]
    skirt: list[Corner] = [
        (0, 36),
        (8, 36, 0.5),
        (11, 44, 10),
        (flare, hem - 2, 2),
        (0, hem + 2, 30),
    ]
    return Sketch(
        (
            patch(Paint.FABRIC, mirrored(skirt)),
            *pair(seam((4, 42), (9, hem - 3))),
            patch(Paint.FABRIC, mirrored(bodice)),
            patch(Paint.SHADE, box(-8.5, 35, 8.5, 38.5), 0.5),
        ),
        emblem=(0, 28.5),
        emblem_radius=4.2,
    )


def skirt(cut: Cut) -> Sketch:
    """A waistband over a flared or a narrow skirt."""
    hem = 66.0 if cut.long else 56.0
    flare, hip = (23.0, 14.0) if cut.wide else (15.5, 16.0)
    half: list[Corner] = [
        (0, 16),
        (10.5, 16, 0.8),
        (hip, 30, 12),
        (flare, hem - 2, 1.5),
        (0, hem + (2 if cut.wide else -1), 30),
    ]
    pleats = (
        (*pair(seam((3, 24), (6.5, hem - 2))), *pair(seam((7.5, 26), (15.5, hem - 3))))
        if cut.wide
        else (seam((0, hem - 12), (0, hem - 1)), *pair(seam((5, 21), (6, 29))))
    )
    return Sketch(
        (
            patch(Paint.FABRIC, mirrored(half)),
            *pleats,
            patch(Paint.SHADE, box(-10.8, 15.5, 10.8, 20.3), 0.8),
        ),
        emblem=(8.0, hem - 11.0),
        emblem_radius=4.4,
    )
