"""Bags, watches and other accessories."""

from __future__ import annotations

from shopclip.sample.silhouettes.sketch import (
    Corner,
    Cut,
    Paint,
    Sketch,
    arch,
    box,
    centre,
    disc,
    mirrored,
    pair,
    patch,
    ribbon,
    seam,
    shrunk,
)


def handbag(cut: Cut) -> Sketch:
    """A flared bag under one arched handle, with a flap in some models."""
    base = 24.0 if cut.wide else 20.0
    height = 25.0 if cut.long else 17.0
    body: list[Corner] = [(0, 35), (base - 5, 35, 3), (base, 66, 4), (0, 66)]
    shape: list[Corner] = [(0, 34.5), (base - 4.6, 34.5, 2), (base - 5, 43, 3), (0, 50, 12)]
    flap = (patch(Paint.SHADE, mirrored(shape)), disc(Paint.METAL, 0, 45, 2.2))
    handle = ribbon(arch(0, 37, 11.5, height), 2.8)
    return Sketch(
        (
            patch(Paint.SHADE, handle, 0.4),
            patch(Paint.FABRIC, mirrored(body)),
            *(flap if cut.deep_neck else ()),
            *pair(disc(Paint.METAL, 11.5, 38, 1.6)),
            patch(Paint.SHADE, [(1 - base, 62), (base - 1, 62), (base, 66.4, 3), (-base, 66.4, 3)]),
        ),
        emblem=(0, 55) if cut.deep_neck else (0, 50),
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


def watch(cut: Cut) -> Sketch:
    """A dial on a strap; small on a slim strap for women."""
    strap, case = (4.2, 11.5) if cut.fitted else (7.0, 15.0)
    band: list[Corner] = [(0, 6), (strap - 1, 6, 2), (strap, 40), (strap - 1, 74, 2), (0, 74)]
    square = patch(Paint.METAL, box(-case, 40 - case, case, 40 + case), 4)
    marks = ((0, -1), (1, 0), (0, 1), (-1, 0))
    reach = case - 4.2
    return Sketch(
        (
            patch(Paint.FABRIC, mirrored(band)),
            *pair(seam((strap - 1.4, 8), (strap - 1.4, 24))),
            *pair(seam((strap - 1.4, 56), (strap - 1.4, 72))),
            *(disc(Paint.LINING, 0, y, 0.7) for y in (60, 64, 68)),
            patch(Paint.METAL, box(case - 1, 38, case + 2.4, 42)),
            square if cut.wide else disc(Paint.METAL, 0, 40, case),
            disc(Paint.PLAIN, 0, 40, case - 2.6),
            *(disc(Paint.RUBBER, x * reach, 40 + y * reach, 0.8) for x, y in marks),
            seam((-reach * 0.6, 40 - reach * 0.4), (0, 40), (reach * 0.45, 40 - reach * 0.75)),
        ),
        emblem=(0, 40 + case * 0.25),
        emblem_radius=3.2 if cut.fitted else 4.2,
    )


def sunglasses(cut: Cut) -> Sketch:
    """Thick frames from the front: square for men, cat-eye for women, round for everyone."""
    frames: dict[str, list[Corner]] = {
        "Men": [(2, 30, 3), (26, 29, 3), (24.5, 49, 7), (4.5, 50, 7)],
        "Women": [(2, 32, 4), (16, 30, 6), (27.5, 24, 1.5), (24, 47, 10), (5, 50, 9)],
        "Unisex": [(1.5, 28, 12), (25, 28, 12), (25, 52, 12), (1.5, 52, 12)],
    }
    frame = frames[cut.gender]
    glass = shrunk(frame, 0.7, 0.62)
    bridge = ribbon(arch(0, 38, 4.5, 3.5 if cut.long else 1.5), 2.6)
    temple: list[Corner] = [(22, 33), (27, 30, 2), (27.6, 37 if cut.wide else 34, 1), (23, 40)]
    gleam: list[Corner] = [(8.5, 44), (12, 36), (13.6, 36), (10.1, 44)]
    return Sketch(
        (
            *pair(patch(Paint.SHADE, temple)),
            patch(Paint.FABRIC, bridge, 0.4),
            *pair(patch(Paint.FABRIC, frame)),
            *pair(patch(Paint.GLASS, glass)),
            patch(Paint.RUBBER, gleam, 0.3).flipped(),
        ),
        emblem=centre(frame),
        emblem_radius=4.0,
    )


def cap(cut: Cut) -> Sketch:
    """A panelled crown with a button and a visor to one side."""
    height = 22.0 if cut.long else 26.0
    crown: list[Corner] = [
        (-22, 52, 2),
        (-22, 40, 10),
        (-17, height, 14),
        (8, height - 2, 16),
        (15, 42, 8),
        (15, 51, 2),
    ]
    reach = 28.0 if cut.wide else 25.0
    visor: list[Corner] = [
        (-4, 50, 4),
        (12, 46, 6),
        (reach, 54, 3),
        (reach - 2, 58.5, 2),
        (6, 54, 10),
    ]
    return Sketch(
        (
            patch(Paint.FABRIC, crown),
            seam((-6, height), (-15, 38), (-17, 52)),
            seam((-4, height), (-4, 51)),
            disc(Paint.SHADE, -4.5, height - 0.5, 1.8),
            patch(Paint.SHADE, visor),
            seam((2, 51), (13, 49), (reach - 4, 55)),
        ),
        emblem=(5, 40),
        emblem_radius=5.0,
    )


def socks(cut: Cut) -> Sketch:
    """A pair side by side: calf-high for men, ankle-high with a frilled cuff for women."""
    top = 36.0 if cut.fitted else (14.0 if cut.long else 19.0)
    leg: list[Corner] = [
        (-20, top, 1),
        (-8, top, 1),
        (-8.5, 46, 5),
        (3, 57, 6),
        (3, 64.5, 4.5),
        (-9, 64.5, 6),
        (-20.5, 58, 7),
        (-19.5, 48, 5),
    ]
    if cut.fitted:
        frill = [(-21.5 + 2.5 * step, top + (4.6 if step % 2 else 3.2)) for step in range(7)]
        cuff = patch(Paint.SHADE, [*frill, (-7, top - 1.5), (-21, top - 1.5)], 0.8)
    else:
        cuff = patch(Paint.SHADE, box(-20.5, top - 1, -7.6, top + 4), 1.0)
    toe = patch(Paint.SHADE, [(-2, 53.5), (3, 57, 5), (3.2, 64.7, 4.5), (-3, 64.7)], 0.6)
    heel = patch(Paint.SHADE, [(-19.8, 51), (-14, 58), (-15, 63), (-20.6, 58, 6)], 1.0)
    front = (patch(Paint.FABRIC, leg), cuff, toe, heel)
    lift = -8.0 if cut.fitted else 0.0
    return Sketch(
        (
            *(part.moved(20, lift - 7) for part in front),
            *(part.moved(2, lift + 2) for part in front),
        ),
        emblem=(-12, 44.5 if cut.fitted else top + 12),
        emblem_radius=4.2,
    )
