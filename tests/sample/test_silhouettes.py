"""The outlines: distinct, and within the picture."""

import itertools

import numpy as np
import pytest
from PIL import Image, ImageDraw

from shopclip.sample.silhouettes import Cut, Paint, sketch
from shopclip.sample.vocabulary import ARTICLES

CUTS = [
    (article.name, Cut(gender, *flags))
    for article in ARTICLES
    for gender in article.genders
    for flags in itertools.product((False, True), repeat=4)
]


def _mask(plan):
    image = Image.new("1", (60, 80))
    draw = ImageDraw.Draw(image)
    for part in plan.parts:
        if part.paint is not Paint.SEAM:
            draw.polygon([(x + 30, y) for x, y in part.outline], fill=1)
    return np.asarray(image)


def test_articles_have_distinct_masks():
    # A long-sleeved shirt and a long-sleeved Tshirt come closest, told apart by hem and collar.
    for (name, cut), (other_name, other_cut) in itertools.combinations(CUTS[::3], 2):
        if name == other_name:
            continue
        one, other = _mask(sketch(name, cut)), _mask(sketch(other_name, other_cut))
        overlap = (one & other).sum() / (one | other).sum()
        assert overlap < 0.95, (name, cut, other_name, other_cut)


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.name)
def test_genders_are_cut_differently(article):
    for one, other in itertools.combinations(article.genders, 2):
        masks = [_mask(sketch(article.name, Cut(gender))) for gender in (one, other)]
        assert (masks[0] ^ masks[1]).sum() >= 40


def test_every_cut_fits_into_the_picture():
    for name, cut in CUTS:
        x, y = np.concatenate([part.outline for part in sketch(name, cut).parts]).T
        assert np.abs(x).max() <= 28, (name, cut)
        assert y.min() >= 5, (name, cut)
        assert y.max() <= 77, (name, cut)


def test_the_emblem_lies_on_the_product():
    for name, cut in CUTS:
        plan = sketch(name, cut)
        column, row = int(plan.emblem[0] + 30), int(plan.emblem[1])
        assert _mask(plan)[row - 2 : row + 3, column - 2 : column + 3].all(), (name, cut)


def test_an_unknown_article_is_a_key_error():
    with pytest.raises(KeyError, match="Umbrella"):
        sketch("Umbrella", Cut("Men"))
