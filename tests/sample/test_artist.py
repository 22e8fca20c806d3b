"""What the pictures show."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from shopclip.sample.artist import draw_product
from shopclip.sample.assortment import assort
from shopclip.sample.look import choose_look
from shopclip.sample.vocabulary import ARTICLES, BRANDS, PATTERNS, SEASONS, inks_on

# Written down apart from the vocabulary, as an eye would name them.
COLOURS = {
    "Black": (25, 25, 30),
    "White": (250, 250, 250),
    "Grey": (140, 140, 145),
    "Navy": (25, 40, 95),
    "Blue": (45, 120, 220),
    "Red": (205, 35, 45),
    "Green": (40, 150, 80),
    "Yellow": (245, 210, 50),
    "Pink": (245, 140, 180),
    "Purple": (125, 60, 165),
    "Brown": (120, 75, 45),
    "Orange": (240, 125, 30),
}


def _dominant_colour(path):
    """Name the colour, lit or shaded, of most pixels out of reach of a flood from the corners."""
    backdrop = (0, 255, 0)
    with Image.open(path) as opened:
        picture = opened.copy()
    for corner in ((0, 0), (59, 0), (0, 79), (59, 79)):
        ImageDraw.floodfill(picture, corner, backdrop, thresh=90)
    pixels = np.asarray(picture).reshape(-1, 3).astype(int)
    pixels = pixels[(pixels != backdrop).any(axis=1)]
    lit = np.array(list(COLOURS.values()))
    distances = ((pixels[:, None, None] - np.stack((lit, 0.75 * lit), axis=1)) ** 2).sum(axis=-1)
    nearest = distances.min(axis=2)
    # The seam of two colours blends into a third, which it seldom is exactly.
    sure = nearest[nearest.min(axis=1) < 30**2]
    votes = np.bincount(sure.argmin(axis=1), minlength=len(COLOURS))
    return list(COLOURS)[int(votes.argmax())]


def test_captions_name_the_dominant_colour(shop, rows):
    names = {row["id"]: row["baseColour"] for row in rows}
    seen = {id_: _dominant_colour(shop / "images" / f"{id_}.jpg") for id_ in names}
    assert seen == names


def _product_and_look():
    product = next(p for p in assort(100, seed=0) if p.article.name == "Tshirt")
    return product, choose_look(product, np.random.default_rng(0))


def _pixels(product, look):
    return np.asarray(draw_product(product, look)).astype(int)


def _all_differ(pictures, pixels):
    """Whether every two pictures differ clearly in at least so many pixels."""
    return all(
        (np.abs(one - other).max(axis=2) > 40).sum() >= pixels
        for index, one in enumerate(pictures)
        for other in pictures[:index]
    )


def test_every_brand_shows():
    product, look = _product_and_look()
    assert _all_differ([_pixels(replace(product, brand=brand), look) for brand in BRANDS], 12)


def test_every_pattern_shows():
    product, look = _product_and_look()
    product = replace(product, colour="Red", ink="White")
    pictures = [_pixels(replace(product, pattern=pattern), look) for pattern in PATTERNS]
    assert _all_differ(pictures, 80)


def test_every_ink_shows_on_every_cloth():
    product, look = _product_and_look()
    for colour in COLOURS:
        plain = _pixels(replace(product, colour=colour, pattern="Solid"), look)
        assert len(inks_on(colour)) >= 3
        for ink in inks_on(colour):
            striped = _pixels(replace(product, colour=colour, ink=ink, pattern="Striped"), look)
            # Of the pixels that changed, the most inked ones have the ink's own hue.
            change = np.abs(striped - plain).sum(axis=2)
            inked = striped[change > 0.8 * change.max()].mean(axis=0)
            to_ink = np.linalg.norm(inked - COLOURS[ink])
            assert to_ink < np.linalg.norm(inked - COLOURS[colour]), (colour, ink)
            assert (change > 60).sum() >= 80, (colour, ink)


@pytest.mark.parametrize(
    ("article", "feature"),
    [(article, number) for article in ARTICLES for number in range(len(article.features))],
    ids=lambda part: getattr(part, "name", part),
)
def test_every_feature_that_a_caption_names_shows(article, feature):
    product = next(p for p in assort(200, seed=0) if p.article == article)
    for colour in COLOURS:
        pictures = []
        for has in (False, True):
            features = list(product.features)
            features[feature] = has
            one = replace(product, features=tuple(features), colour=colour, pattern="Solid", ink="")
            pictures.append(_pixels(one, choose_look(one, np.random.default_rng(0))))
        assert _all_differ(pictures, 25), colour


def test_the_gender_shows():
    product, look = _product_and_look()
    pictures = [
        _pixels(
            replace(product, gender=gender), replace(look, cut=replace(look.cut, gender=gender))
        )
        for gender in ("Men", "Women")
    ]
    assert _all_differ(pictures, 80)


def test_the_season_tints_the_backdrop_only():
    product, look = _product_and_look()
    pictures = [_pixels(replace(product, season=season), look) for season in SEASONS]
    assert len({tuple(picture[0, 0]) for picture in pictures}) == len(SEASONS)
    assert len({tuple(picture[40, 30]) for picture in pictures}) == 1


def test_patterns_stay_on_the_product():
    product, look = _product_and_look()
    plain, striped = (
        _pixels(replace(product, pattern=pattern, colour="Red", ink="White"), look)
        for pattern in ("Solid", "Striped")
    )
    changed = (plain != striped).any(axis=2)
    assert not changed[:3].any()
    assert not changed[:, :2].any()
