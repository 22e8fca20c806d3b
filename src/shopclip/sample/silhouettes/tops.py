"""Sketches of what is worn on the upper body."""

from shopclip.sample.silhouettes.sketch import (
    Corner,
    Cut,
    Paint,
    Part,
    Sketch,
    disc,
    mirrored,
    pair,
    patch,
    seam,
)


def shirt(cut: Cut) -> Sketch:
    """A collar, a row of buttons, and for men a chest pocket."""
    shoulder, hem = (15.0 if cut.fitted else 17.0), (68.0 if cut.long else 63.0)
    waist: list[Corner] = [(10.5, 46, 14)] if cut.fitted else []
    body: list[Corner] = [
        (0, 17),
        (5.5, 13),
        (shoulder, 16.5, 3),
        (shoulder - 1, 32),
        *waist,
        (shoulder - 0.5, hem - 5, 4),
        (7, hem, 8),
        (0, hem),
    ]
    collar = patch(Paint.SHADE, [(0, 18), (5, 10.5), (9, 16.5), (4.5, 22.5)], 0.8)
    pocket = patch(Paint.FABRIC, [(-12, 27), (-5, 27), (-5, 34), (-8.5, 36), (-12, 34)], 0.8)
    return Sketch(
        (
            *_sleeves(shoulder, cut, cuffs=True),
            patch(Paint.LINING, [(-6, 12), (6, 12), (3, 20), (-3, 20)]),
            patch(Paint.FABRIC, mirrored(body)),
            *(() if cut.fitted else (pocket,)),
            seam((-1.6, 20), (-1.6, hem)),
            seam((1.6, 20), (1.6, hem)),
            *(disc(Paint.RUBBER, 0, y, 0.9) for y in range(25, int(hem) - 2, 8)),
            *pair(collar),
        ),
        emblem=(8.2, 29.5),
        emblem_radius=4.0,
    )


def tshirt(cut: Cut) -> Sketch:
    """No opening, a round or a pointed neck, and for women a waist and a wider neckline."""
    shoulder, hem = (14.5 if cut.fitted else 17.0), (66.0 if cut.long else 61.0)
    neck = 7.5 if cut.fitted else 5.5
    dip = 28.0 if cut.deep_neck else (23.0 if cut.fitted else 19.0)
    neckline: list[Corner] = [(0, dip, 8), (neck - 1, dip - 1, 6)]
    if cut.deep_neck:
        neckline = [(0, dip, 0.5)]
    waist: list[Corner] = [(10.5, 44, 14)] if cut.fitted else []
    body: list[Corner] = [
        *neckline,
        (neck, 14, 0.5),
        (shoulder, 17.5, 3),
        (shoulder - 1, 32),
        *waist,
        (shoulder, hem),
    ]
    back: list[Corner] = [(0, 15.5, 9), (neck, 14, 0.2), (neck, dip), (0, dip)]
    return Sketch(
        (
            *_sleeves(shoulder, cut, cuffs=False),
            patch(Paint.LINING, mirrored(back), 0.5),
            patch(Paint.FABRIC, mirrored(body)),
            seam((-shoulder + 1, hem - 2.5), (shoulder - 1, hem - 2.5)),
        ),
        emblem=(0, 36) if cut.wide else (6.5, 31),
        emblem_radius=5.0 if cut.wide else 4.2,
    )


def kurta(cut: Cut) -> Sketch:
    """To the thigh or the shin, with a standing collar, a short placket and side slits."""
    shoulder, hem = (13.0 if cut.fitted else 15.0), (75.0 if cut.long else 64.0)
    waist: list[Corner] = [(9.5, 38, 12)] if cut.fitted else []
    body: list[Corner] = [
        (0, 14),
        (4.5, 11),
        (shoulder, 14, 3),
        (shoulder - 1.5, 27),
        *waist,
        (shoulder + 1, 56, 6),
        (16.5 if cut.fitted else 16, hem, 1),
        (0, hem, 1),
    ]
    collar = patch(Paint.SHADE, [(0.6, 16), (0.8, 11.5), (4, 8.5), (5, 12)], 0.6)
    border = [(-15.6, hem - 3.5), (15.6, hem - 3.5), (15.8, hem - 0.6), (-15.8, hem - 0.6)]
    return Sketch(
        (
            *_sleeves(shoulder, Cut(cut.gender, long_sleeves=True), cuffs=True),
            patch(Paint.LINING, [(-4, 9), (4, 9), (3, 15), (-3, 15)]),
            patch(Paint.FABRIC, mirrored(body)),
            patch(Paint.SHADE, border, 0.5),
            patch(Paint.SHADE, [(-2, 15), (2, 15), (2, 34), (0, 37), (-2, 34)], 0.5),
            *(disc(Paint.METAL, 0, y, 0.9) for y in (19, 24, 29)),
            *pair(collar),
            *pair(seam((12, hem), (11.5, hem - 14))),
        ),
        emblem=(7.2, 25),
        emblem_radius=4.0,
    )


def _sleeves(shoulder: float, cut: Cut, *, cuffs: bool) -> tuple[Part, ...]:
    slim = 1.0 if cut.fitted else 0.0
    top: Corner = (shoulder - 3, 15.5)
    outer: Corner = (shoulder + 2.5 - slim, 18.5, 4)
    armpit: Corner = (shoulder - 3, 33)
    if cut.long_sleeves:
        sleeve = [top, outer, (26 - slim, 54), (20.5, 56), (shoulder - 0.5, 34), armpit]
        cuff: list[Corner] = [(25.4 - slim, 51), (26.2 - slim, 55), (20.4, 57), (19.5, 53)]
    else:
        length = 0.0 if not cut.fitted else -4.0
        sleeve = [top, outer, (25.5 + length / 3, 31 + length), (17.5, 35 + length), armpit]
        cuff = [(24.8 + length / 3, 29 + length), (25.8 + length / 3, 31.6 + length)]
        cuff += [(17.4, 35.8 + length), (16.8, 33 + length)]
    parts = [patch(Paint.FABRIC, sleeve)]
    if cuffs:
        parts.append(patch(Paint.SHADE, cuff, 0.6))
    return tuple(side for part in parts for side in pair(part))
