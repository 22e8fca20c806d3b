"""The assortment: the products that the shop sells."""

from collections.abc import Container
from dataclasses import dataclass, replace

import numpy as np

from shopclip.sample.vocabulary import (
    ARTICLES,
    BRANDS,
    COLOURS,
    PATTERN_WEIGHTS,
    PATTERNS,
    SEASONS,
    SOLID,
    YEARS,
    Article,
    inks_on,
)

_FIRST_ID = 10_000
_LARGEST_GAP = 40
# A restock shares its caption with its original, so this gives about 23 % shared captions.
_RESTOCK_PROBABILITY = 0.125
_FRESH_CAPTION_TRIES = 50
# The n-th commonest article or colour comes 1 / n ** _SKEW as often as the commonest: a quarter of
# the products are Tshirts, a quarter is black, and many are alike but for their finer words.
_SKEW = 0.8


@dataclass(frozen=True)
class Product:
    """One row of the catalogue."""

    id: int
    brand: str
    gender: str
    colour: str
    pattern: str
    ink: str
    """The colour of the pattern; empty where there is none."""
    article: Article
    features: tuple[bool, ...]
    """Which of the article's features it has."""
    season: str
    year: int
    usage: str

    @property
    def caption(self) -> str:
        """Brand, gender, colours and pattern, cut and article; what is solid is not said to be."""
        inked = () if self.pattern == SOLID else ("And", self.ink, self.pattern)
        named = zip(self.article.features, self.features, strict=True)
        cut = [feature.words[has] for feature, has in named if feature.words[has]]
        return " ".join((self.brand, self.gender, self.colour, *inked, *cut, self.article.name))

    @property
    def row(self) -> tuple[str | int, ...]:
        """The values under `COLUMNS`."""
        return (
            self.id,
            self.gender,
            self.article.master_category,
            self.article.sub_category,
            self.article.name,
            self.colour,
            self.season,
            self.year,
            self.usage,
            self.caption,
        )


def assort(products: int, seed: int) -> list[Product]:
    """Choose the products; a longer assortment begins with the shorter one of the same seed."""
    assortment: list[Product] = []
    captions: set[str] = set()
    last_id = _FIRST_ID
    for index in range(products):
        rng = np.random.default_rng((seed, index))
        last_id += int(rng.integers(1, _LARGEST_GAP, endpoint=True))
        if assortment and rng.random() < _RESTOCK_PROBABILITY:
            original = assortment[rng.integers(index)]
            product = _release(replace(original, id=last_id), rng)
        else:
            product = _fresh(last_id, captions, rng)
        captions.add(product.caption)
        assortment.append(product)
    return assortment


def _fresh(product_id: int, taken: Container[str], rng: np.random.Generator) -> Product:
    """Prefer a caption not yet taken; a huge shop runs out of them and repeats itself."""
    for _ in range(_FRESH_CAPTION_TRIES):
        product = _any_product(product_id, rng)
        if product.caption not in taken:
            break
    return product


def _any_product(product_id: int, rng: np.random.Generator) -> Product:
    article = ARTICLES[_ranked(len(ARTICLES), rng)]
    pattern = str(rng.choice(PATTERNS, p=PATTERN_WEIGHTS)) if article.patterned else SOLID
    colour = list(COLOURS)[_ranked(len(COLOURS), rng)]
    product = Product(
        id=product_id,
        brand=str(rng.choice(list(BRANDS))),
        gender=str(rng.choice(article.genders)),
        colour=colour,
        pattern=pattern,
        ink="" if pattern == SOLID else str(rng.choice(inks_on(colour))),
        article=article,
        features=tuple(bool(has) for has in rng.integers(2, size=len(article.features))),
        season=SEASONS[0],
        year=YEARS[0],
        usage=article.usages[0],
    )
    return _release(product, rng)


def _ranked(count: int, rng: np.random.Generator) -> int:
    """Choose one of `count` ranks, a low one more often."""
    shares = np.arange(1, count + 1) ** -_SKEW
    return int(rng.choice(count, p=shares / shares.sum()))


def _release(product: Product, rng: np.random.Generator) -> Product:
    """Give the product the season, year and usage of a new release."""
    return replace(
        product,
        season=str(rng.choice(SEASONS)),
        year=int(rng.choice(YEARS)),
        usage=str(rng.choice(product.article.usages)),
    )
