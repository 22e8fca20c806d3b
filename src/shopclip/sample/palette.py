"""The colours of a product's parts, all derived from its base colour."""

from dataclasses import dataclass

from shopclip.sample.look import Look
from shopclip.sample.silhouettes import Paint
from shopclip.sample.vocabulary import COLOURS, RGB

_BLACK: RGB = (8, 8, 12)
_IVORY: RGB = (250, 247, 238)
_SMOKE: RGB = (74, 84, 96)
# Luma below which only light details show on a fabric, and above which only dark ones do.
_DARK, _LIGHT = 85.0, 185.0
# A white thing stays white in the shade only if the shade is faint.
_WHITE = 235.0


@dataclass(frozen=True)
class Palette:
    """Paints by part, the ink of the pattern and the line around every part."""

    paints: dict[Paint, RGB]
    ink: RGB
    contour: RGB


def mix_palette(colour: str, look: Look) -> Palette:
    """Mix the paints of a product in a colour of the vocabulary."""
    red, green, blue = (
        min(255, round(channel * tint))
        for channel, tint in zip(COLOURS[colour], look.tint, strict=True)
    )
    base = (red, green, blue)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    dark = luma < _DARK
    if dark:
        shade = _blend(base, _IVORY, 0.1)
        stitch = _blend(base, _IVORY, 0.3)
    else:
        shade = _blend(base, _BLACK, 0.08 if luma > _WHITE else 0.13)
        stitch = _blend(base, _BLACK, 0.3)
    light_ink = dark or (look.light_ink and luma < _LIGHT)
    ink = _IVORY if light_ink else _blend(base, _BLACK, 0.68)
    return Palette(
        paints={
            Paint.FABRIC: base,
            Paint.PLAIN: base,
            Paint.SHADE: shade,
            Paint.LINING: _blend(base, _BLACK, 0.45),
            Paint.RUBBER: _IVORY,
            Paint.METAL: (196, 198, 204),
            Paint.GLASS: _blend(base, _SMOKE, 0.35),
            Paint.SEAM: stitch,
        },
        ink=_blend(base, ink, look.ink_strength),
        contour=_blend(base, _BLACK, 0.5),
    )


def _blend(colour: RGB, other: RGB, share: float) -> RGB:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue
