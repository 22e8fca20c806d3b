"""The brands' emblems."""

import itertools

import numpy as np
from PIL import Image, ImageDraw

from shopclip.sample.patterns import SHAPES, stamp
from shopclip.sample.vocabulary import BRANDS


def _stamped(brand):
    image = Image.new("RGB", (40, 40), (128, 128, 128))
    stamp(ImageDraw.Draw(image), brand, (20, 20), 16)
    return np.asarray(image).astype(int)


def test_every_brand_has_a_shape_and_a_colour_of_its_own():
    shapes, colours = zip(*BRANDS.values(), strict=True)
    assert len(set(shapes)) == len(set(colours)) == len(BRANDS)
    assert set(shapes) == set(SHAPES)


def test_emblems_stay_near_their_circle():
    for outline in SHAPES.values():
        assert all(np.hypot(x, y) < 1.25 for x, y in outline)


def test_emblems_differ_in_shape():
    grounds = {brand: (_stamped(brand) == 128).all(axis=2) for brand in BRANDS}
    for one, other in itertools.combinations(BRANDS, 2):
        assert (grounds[one] ^ grounds[other]).sum() > 60, (one, other)


def test_emblems_have_a_keyline():
    for brand in BRANDS:
        assert (_stamped(brand) == 255).all(axis=2).sum() > 100
