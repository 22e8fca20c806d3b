"""The artist: the picture of one product."""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from shopclip.sample.assortment import Product
from shopclip.sample.look import Look, mix_palette
from shopclip.sample.patterns import ink_mask, stamp
from shopclip.sample.silhouettes import Paint, sketch
from shopclip.sample.silhouettes.sketch import Point
from shopclip.sample.vocabulary import RGB, SOLID

WIDTH, HEIGHT = 60, 80
"""Size of a picture in pixels."""

# Everything is drawn this much larger and then averaged, which smooths its edges.
_ZOOM = 4
_CANVAS = (WIDTH * _ZOOM, HEIGHT * _ZOOM)
_CONTOUR_WIDTH = 3
_SEAM_WIDTH = 3

_BACKDROPS = {
    "Spring": (239, 245, 237),
    "Summer": (247, 243, 234),
    "Fall": (245, 239, 235),
    "Winter": (236, 241, 247),
}


def draw_product(product: Product, look: Look) -> Image.Image:
    """Draw a product before the backdrop of its season as an RGB picture."""
    figure = _pose(_cut_out(product, look), look)
    alpha = figure.getchannel("A")
    shadow = ImageChops.offset(alpha, 1, 2).filter(ImageFilter.GaussianBlur(2))
    ground = _backdrop(product.season) * (1 - 0.22 * _plane(shadow)[..., None])
    light = look.brightness * (1 + look.side_light * np.linspace(-0.5, 0.5, WIDTH))
    lit = np.asarray(figure.convert("RGB")) * light[None, :, None]
    cover = _plane(alpha)[..., None]
    picture = cover * lit + (1 - cover) * ground
    return Image.fromarray(np.clip(np.rint(picture), 0, 255).astype(np.uint8))


def _cut_out(product: Product, look: Look) -> Image.Image:
    """Draw the bare product upright on a transparent canvas."""
    palette = mix_palette(product, look)
    plan = sketch(product.article.name, look.cut)
    canvas = Image.new("RGBA", _CANVAS)
    draw = ImageDraw.Draw(canvas)
    weave = None
    if product.pattern != SOLID:
        weave = ink_mask(product.pattern, look, _CANVAS, _ZOOM)
    for part in plan.parts:
        outline = [((x + WIDTH / 2) * _ZOOM, y * _ZOOM) for x, y in part.outline]
        if part.paint is Paint.SEAM:
            draw.line(outline, fill=palette.paints[Paint.SEAM], width=_SEAM_WIDTH)
            continue
        draw.polygon(outline, fill=palette.paints[part.paint])
        if weave is not None and part.paint is Paint.FABRIC:
            _dye(canvas, outline, palette.ink, weave)
        draw.line([*outline, outline[0]], fill=palette.contour, width=_CONTOUR_WIDTH)
    x, y = plan.emblem
    stamp(draw, product.brand, ((x + WIDTH / 2) * _ZOOM, y * _ZOOM), plan.emblem_radius * _ZOOM)
    return canvas


def _dye(canvas: Image.Image, outline: list[Point], ink: RGB, weave: Image.Image) -> None:
    """Ink the canvas within an outline where the mask of the weave says so."""
    xs, ys = zip(*outline, strict=True)
    box = (math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)) + 1, math.ceil(max(ys)) + 1)
    area = Image.new("L", (box[2] - box[0], box[3] - box[1]))
    ImageDraw.Draw(area).polygon([(x - box[0], y - box[1]) for x, y in outline], fill=255)
    canvas.paste(ink, box, ImageChops.multiply(weave.crop(box), area))


def _pose(canvas: Image.Image, look: Look) -> Image.Image:
    """Rotate, scale and shift the drawing about its centre, and average it down."""
    cosine, sine = math.cos(look.angle) / look.scale, math.sin(look.angle) / look.scale
    middle_x, middle_y = _CANVAS[0] / 2, _CANVAS[1] / 2
    x, y = middle_x + look.shift[0] * _ZOOM, middle_y + look.shift[1] * _ZOOM
    # Pillow asks for the way back, from a point of the result to its source.
    back = (
        *(cosine, sine, middle_x - cosine * x - sine * y),
        *(-sine, cosine, middle_y + sine * x - cosine * y),
    )
    return canvas.transform(_CANVAS, Image.Transform.AFFINE, back).reduce(_ZOOM)


@cache
def _backdrop(season: str) -> NDArray[np.float64]:
    """Light the season's backdrop from above; rows by columns by channels."""
    fall_off = np.linspace(1.03, 0.97, HEIGHT)[:, None, None]
    return np.tile(fall_off * np.asarray(_BACKDROPS[season]), (1, WIDTH, 1))


def _plane(image: Image.Image) -> NDArray[np.float64]:
    return np.asarray(image) / 255
