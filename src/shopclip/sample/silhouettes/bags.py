"""Sketches of bags."""

from shopclip.sample.silhouettes.geometry import Corner, arch, mirrored, ribbon
from shopclip.sample.silhouettes.sketch import Cut, Paint, Sketch, disc, pair, patch, seam


def handbag(cut: Cut) -> Sketch:
    """A flared bag under one arched handle, with a flap in some models."""
    base = 24.0 if cut.wide else 20.0
    height = 25.0 if cut.long else 17.0
    body: list[Corner] = [(0, 35), (base - 5, 35, 3), (base, 66, 4), (0, 66)]
    flap: list[Corner] = [(0, 34.5), (base - 4.6, 34.5, 2), (base - 5, 43, 3), (0, 50, 12)]
    handle = ribbon(arch(0, 37, 11.5, height), 2.8)
    return Sketch(
        (
            patch(Paint.SHADE, handle, 0.4),
            patch(Paint.FABRIC, mirrored(body)),
            *((patch(Paint.FABRIC, mirrored(flap)),) if cut.deep_neck else ()),
            *pair(disc(Paint.METAL, 11.5, 38, 1.6)),
            patch(Paint.SHADE, [(1 - base, 62), (base - 1, 62), (base, 66.4, 3), (-base, 66.4, 3)]),
        ),
        emblem=(0, 52),
        emblem_radius=5.0,
    )


def backpack(cut: Cut) -> Sketch:
    """A tall rounded pack with a grab loop, a zip and a front pocket."""
    half, top = (17.0, 17.0) if cut.long else (18.5, 21.0)
    side = 3.5 if cut.wide else 2.0
    body: list[Corner] = [(0, top), (half - 2, top, 12), (half, 50, 6), (half, 70, 5), (0, 70)]
    pocket: list[Corner] = [(0, 47), (half - 4, 47, 2.5), (half - 3.5, 66, 4), (0, 66)]
    wing: list[Corner] = [(half - 2, 46), (half + side, 48), (half + side, 67), (half - 2, 68)]
    loop = ribbon(arch(0, top + 1, 5, 7), 2.4)
    strap = ribbon([(half - 6, top + 3), (half + 2, top + 13), (half + 3, 44)], 3.4)
    return Sketch(
        (
            *pair(patch(Paint.LINING, strap, 2)),
            patch(Paint.SHADE, loop, 0.4),
            *pair(patch(Paint.SHADE, wing, 3)),
            patch(Paint.FABRIC, mirrored(body)),
            seam(*arch(0, 42, half - 3, 42 - top - 4)),
            patch(Paint.FABRIC, mirrored(pocket)),
            seam((6 - half, 51), (half - 6, 51)),
            disc(Paint.METAL, half - 7, 51, 1.1),
        ),
        emblem=(0, top + 17),
        emblem_radius=5.0,
    )
