"""Sketches of what is worn on the legs: jeans and shorts."""

from shopclip.sample.silhouettes.geometry import Corner, box, mirrored, ribbon
from shopclip.sample.silhouettes.sketch import Cut, Paint, Part, Sketch, disc, pair, patch, seam


def jeans(cut: Cut) -> Sketch:
    """Full length with pockets and a fly; straight for men, slim over a hip for women."""
    hip, ankle = (14.0, 9.5) if cut.fitted else (14.5, 14.5)
    waist = 10.0 if cut.fitted else 12.5
    inner = ankle - (5.0 if cut.fitted else 8.5) - (0.0 if not cut.wide else 1.0)
    half: list[Corner] = [
        (0, 8),
        (waist, 8, 0.8),
        (hip, 24, 8),
        (ankle + (0.0 if cut.fitted else 0.5), 74, 0.8),
        (inner - 1.0, 74, 0.8),
        (1.0, 31, 1),
        (0, 30),
    ]
    return Sketch(
        (
            patch(Paint.FABRIC, mirrored(half)),
            *pair(patch(Paint.SHADE, box(inner - 1.0, 71.5, ankle, 74.5), 0.5)),
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
