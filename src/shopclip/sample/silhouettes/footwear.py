"""Sketches of shoes, always as a pair."""

from shopclip.sample.silhouettes.sketch import (
    Corner,
    Cut,
    Paint,
    Part,
    Point,
    Sketch,
    patch,
    ribbon,
    seam,
)


def casual_shoes(cut: Cut) -> Sketch:
    """Laced sneakers from the side, low or over the ankle; for women on a thinner sole."""
    sole = 3.2 if cut.fitted else 5.5
    collar = (34.0 if cut.fitted else 31.0) - (8.0 if cut.long else 0.0)
    upper: list[Corner] = [
        (-21, 57),
        (-21.5, 44, 4),
        (-20.5, collar, 1.5),
        (-15, collar + 3, 4),
        (-7, collar + 0.5, 1),
        (-3.5, collar + 1, 1),
        (7, 44.5, 5),
        (21, 46.5, 7),
        (22.8, 57, 3),
    ]
    bottom: list[Corner] = [
        (-22.5, 55.5),
        (23, 55.5),
        (24.5, 57, 2),
        (22, 56 + sole, 2.5),
        (-21.5, 56 + sole, 2.5),
    ]
    toe = patch(Paint.RUBBER, [(15.5, 56.4), (14.5, 46.2, 3), (21, 46.8, 7), (22.8, 56.4)], 1.5)
    laces = tuple(
        patch(Paint.RUBBER, ribbon([(x, y), (x + 4.6, y - 3.4)], 1.7), 0.5)
        for x, y in ((-5.5, collar + 8), (-1.5, collar / 2 + 28.5), (2.6, 49))
    )
    shoe = (
        patch(Paint.FABRIC, upper),
        patch(Paint.SHADE, [(-21.4, 56), (-21.6, 45, 2), (-16, 46), (-15, 56)]),
        *((toe,) if cut.wide else ()),
        *laces,
        seam((-13.5, 56), (-11, collar + 8), (-7, collar + 3)),
        patch(Paint.RUBBER, bottom),
        seam((-21, 58), (23, 58)),
    )
    return _pair(shoe, (3, -13), (-2, 5), emblem=(-5.5, 51.3), emblem_radius=3.9)


def heels(cut: Cut) -> Sketch:
    """Pumps from the side, on a stiletto or on a block heel."""
    block = 5.0 if cut.wide else 0.0
    upper: list[Corner] = [
        (-22, 31, 1.5),
        (-18.5, 31, 4),
        (-11, 42.5, 9),
        (3, 46.5, 8),
        (10, 45.5, 5),
        (25, 59, 3),
        (23, 61.5, 1),
        (9, 61.5, 6),
        (-7, 52, 12),
        (-19, 47.5, 3),
        (-23, 42, 6),
    ]
    heel: list[Corner] = [
        (-22, 40),
        (-11 + block / 3, 49, 1),
        (-17.5 + block, 56, 4),
        (-18.2 + block, 65, 0.4),
        (-20.6, 65, 0.4),
        (-20.8, 54, 4),
    ]
    side: list[Corner] = [*upper[:1], (-20.3, 33, 3), (-13, 44.5, 8), (2, 49.5, 8), *upper[4:]]
    strap = patch(Paint.SHADE, ribbon([(-21.5, 34), (-14, 32.5), (-7, 34)], 2.6), 1)
    shoe = (
        patch(Paint.SHADE, heel),
        patch(Paint.LINING, upper),
        patch(Paint.FABRIC, side),
        *((strap,) if cut.long else ()),
    )
    return _pair(shoe, (3, -13), (-1, 5), emblem=(10.3, 52.9), emblem_radius=4.0)


def sandals(cut: Cut) -> Sketch:
    """Footbeds from above; two broad bands for men, a slim thong with a loop for women."""
    width = 0.82 if cut.fitted else 1.0
    bed: list[Corner] = [
        (-4, 14, 6),
        (5 * width, 14, 6),
        (9.5 * width, 26, 8),
        (6.5 * width, 46, 8),
        (7 * width, 66, 7),
        (-6 * width, 66, 7),
        (-6.5 * width, 46, 8),
        (-8.5 * width, 26, 8),
    ]
    straps: tuple[Part, ...]
    if cut.fitted:
        straps = (
            patch(Paint.FABRIC, ribbon([(-8.3, 34), (-6, 28), (0.3, 21), (6.6, 28), (9, 34)], 3.4)),
            patch(Paint.FABRIC, ribbon([(-6.6, 49), (0.3, 46), (7, 49)], 3.4)),
        )
    else:
        straps = (
            patch(Paint.FABRIC, ribbon([(-10, 27.5), (-4, 25.5), (5, 25.5), (11, 27.5)], 9)),
            patch(Paint.FABRIC, ribbon([(-8.2, 43.5), (-3, 42), (3, 42), (8.4, 43.5)], 8)),
        )
    foot = (patch(Paint.SHADE, bed), *straps)
    right = tuple(part.moved(11.5, 0) for part in foot)
    left = tuple(part.flipped() for part in right)
    return Sketch((*left, *right), emblem=(11.5, 57.5), emblem_radius=3.9)


def _pair(
    shoe: tuple[Part, ...], behind: Point, front: Point, *, emblem: Point, emblem_radius: float
) -> Sketch:
    return Sketch(
        (*(part.moved(*behind) for part in shoe), *(part.moved(*front) for part in shoe)),
        emblem=(emblem[0] + front[0], emblem[1] + front[1]),
        emblem_radius=emblem_radius,
    )
