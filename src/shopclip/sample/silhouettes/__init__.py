"""The outlines of the products, one sketch for each article type."""

from collections.abc import Callable
from functools import cache

from shopclip.sample.silhouettes.accessories import backpack, cap, handbag, socks, sunglasses, watch
from shopclip.sample.silhouettes.bottoms import dress, jeans, shorts, skirt
from shopclip.sample.silhouettes.footwear import casual_shoes, heels, sandals
from shopclip.sample.silhouettes.sketch import FLAGS, Cut, Paint, Part, Sketch
from shopclip.sample.silhouettes.tops import kurta, shirt, tshirt

__all__ = ["FLAGS", "Cut", "Paint", "Part", "Sketch", "sketch"]

_SKETCHES: dict[str, Callable[[Cut], Sketch]] = {
    "Backpack": backpack,
    "Cap": cap,
    "Casual Shoes": casual_shoes,
    "Dress": dress,
    "Handbag": handbag,
    "Heels": heels,
    "Jeans": jeans,
    "Kurta": kurta,
    "Sandals": sandals,
    "Shirt": shirt,
    "Shorts": shorts,
    "Skirt": skirt,
    "Socks": socks,
    "Sunglasses": sunglasses,
    "Tshirt": tshirt,
    "Watch": watch,
}


@cache
def sketch(article: str, cut: Cut) -> Sketch:
    """Sketch an article type of the vocabulary; an unknown one is a KeyError."""
    return _SKETCHES[article](cut)
