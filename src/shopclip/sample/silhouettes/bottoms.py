"""Trousers, shorts and skirts."""

from __future__ import annotations

from shopclip.sample.silhouettes.sketch import (
    Corner,
    Cut,
    Paint,
    Part,
    Sketch,
    box,
    disc,
    mirrored,
    pair,
    patch,
    ribbon,
    seam,
)


def jeans(cut: Cut) -> Sketch:
    """Full length, with pockets and a fly; slim over a hip for women, and with a flare below."""
    hip, ankle = (14.0, 9.5) if cut.fitted else (14.5, 14.5)
    waist = 10.0 if cut.fitted else 12.5
    inner = ankle - (5.0 if cut.fitted else 8.5)
    flare: float = 5.0 if cut.wide else 0.0
    knee: list[Corner] = [(ankle, 52, 6)] if cut.wide else []
    half: list[Corner] = [
        (0, 8),
        (waist, 8, 0.8),
        (hip, 24, 8),
        *knee,
        (ankle + flare, 74, 0.8),
        (inner - 1.0, 74, 0.8),
        (1.0, 31, 1),
        (0, 30),
    ]
    return Sketch(
        (
            patch(Paint.FABRIC, mirrored(half)),
            *pair(patch(Paint.SHADE, box(inner - 1.0, 71.5, ankle + flare, 74.5), 0.5)),
            _waistband(waist, 8),
            disc(Paint.METAL, 0, 10.4, 1.2),
            seam((0, 12.5), (0, 30)),
            seam((2.6, 13), (2.6, 20), (0, 24)),
            *pair(seam((5.5, 13), (7, 17), (hip - 1.5, 19))),
        ),
        emblem=(8.0, 27) if cut.fitted else (8.5, 28),
        emblem_radius=4.0,
    )


def shorts(cut: Cut) -> Sketch:
    """Above the knee with a drawstring; brief and flared for women, long and wide for men."""
    waist, leg, top = (13.0, 21.5, 23.0) if cut.fitted else (14.5, 20.0, 18.0)
    hem = (53.0 if cut.long else 49.0) if cut.fitted else (63.0 if cut.long else 58.0)
    half: list[Corner] = [
        (0, top),
        (waist, top, 0.8),
        (leg - 2.5, top + 13, 8),
        (leg, hem, 1),
        (2.2, hem + 2, 1),
        (0.8, top + 20, 0.8),
        (0, top + 19),
    ]
    return Sketch(
        (
            patch(Paint.FABRIC, mirrored(half)),
            _waistband(waist, top),
            seam((0, top + 5), (0, top + 19)),
            *pair(seam((waist - 4, top + 5), (leg - 3, top + 12))),
            *pair(patch(Paint.RUBBER, ribbon([(1, top + 3), (2, top + 11)], 1.2), 0.4)),
            *pair(seam((3, hem - 0.6), (leg - 1, hem - 2.6))),
        ),
        emblem=(10.5, hem - 9.0),
    )


def _waistband(waist: float, top: float) -> Part:
    return patch(Paint.SHADE, box(-waist - 0.3, top - 0.5, waist + 0.3, top + 4.3), 0.8)


def dress(cut: Cut) -> Sketch:
    """Sleeveless, on slim straps or broad ones, with a belt and a flared skirt."""
    hem, strap = (74.0 if cut.long else 60.0), (9.5 if cut.wide else 7.0)
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
    hem = 68.0 if cut.long else 54.0
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
