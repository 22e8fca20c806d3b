"""What the shop sells."""

import itertools
from collections import Counter
from dataclasses import replace

from shopclip.sample.assortment import assort
from shopclip.sample.vocabulary import ARTICLES, BRANDS, COLOURS, PATTERNS, SOLID, inks_on

# What captions may say of a cut, written down apart from the vocabulary.
CUTS = {
    "Shirt": {"Half Sleeve", "Full Sleeve"},
    "Tshirt": {
        *("Round Neck Half Sleeve", "Round Neck Full Sleeve"),
        *("V Neck Half Sleeve", "V Neck Full Sleeve"),
    },
    "Kurta": {"Short", "Long"},
    "Dress": {"Straight Mini", "Straight Maxi", "Flared Mini", "Flared Maxi"},
    "Jeans": {"Straight", "Bootcut"},
    "Skirt": {"Pencil Mini", "Pencil Midi", "Flared Mini", "Flared Midi"},
    "Casual Shoes": {"Low Top", "High Top"},
    "Heels": {"Stiletto", "Block", "Strapped Stiletto", "Strapped Block"},
    "Handbag": {"", "Flap"},
    "Watch": {"Round", "Square"},
    **{name: {""} for name in ("Shorts", "Sandals", "Backpack", "Sunglasses", "Cap", "Socks")},
}


def test_captions_spell_out_the_row(shop, rows):
    for row in rows:
        brand, rest = row["productDisplayName"].split(" ", 1)
        assert brand in BRANDS
        start, end = f"{row['gender']} {row['baseColour']} ", row["articleType"]
        assert rest.startswith(start)
        assert rest.endswith(end)
        middle = rest.removeprefix(start).removesuffix(end).split()
        if middle[:1] == ["And"]:
            _, ink, pattern, *middle = middle
            assert ink in set(COLOURS) - {row["baseColour"]}
            assert pattern in set(PATTERNS) - {SOLID}
        assert " ".join(middle) in CUTS[row["articleType"]]


def test_a_caption_in_full():
    tshirt = next(article for article in ARTICLES if article.name == "Tshirt")
    product = replace(
        assort(1, seed=0)[0],
        brand="Arden",
        gender="Men",
        colour="Navy",
        pattern="Striped",
        ink="Red",
        article=tshirt,
        features=(True, False),
    )
    assert product.caption == "Arden Men Navy And Red Striped V Neck Half Sleeve Tshirt"
    solid = replace(product, pattern=SOLID, ink="")
    assert solid.caption == "Arden Men Navy V Neck Half Sleeve Tshirt"


def test_an_ink_is_told_from_its_cloth():
    grey = {"Black": 30, "White": 253, "Yellow": 204, "Grey": 144}  # luma, by hand
    for cloth, ink in itertools.permutations(grey, 2):
        assert (ink in inks_on(cloth)) == (abs(grey[cloth] - grey[ink]) >= 70), (cloth, ink)


def test_ids_ascend_with_gaps():
    ids = [product.id for product in assort(300, seed=0)]
    gaps = [after - before for before, after in itertools.pairwise(ids)]
    assert min(gaps) >= 1
    assert len(set(gaps)) > 10


def test_some_captions_repeat():
    for seed in range(5):
        counts = Counter(product.caption for product in assort(400, seed))
        shared = sum(count for count in counts.values() if count > 1)
        assert 0.15 <= shared / 400 <= 0.35


def test_every_word_is_used():
    products = assort(600, seed=0)
    assert {product.article for product in products} == set(ARTICLES)
    assert {product.colour for product in products} == set(COLOURS)
    assert {product.brand for product in products} == set(BRANDS)
    assert {product.pattern for product in products} == set(PATTERNS)
    assert {product.year for product in products} == set(range(2011, 2020))
    assert {product.season for product in products} == {"Spring", "Summer", "Fall", "Winter"}
    assert {product.usage for product in products} == {"Casual", "Formal", "Sports"}


def test_articles_keep_to_their_genders_and_patterns():
    for product in assort(300, seed=1):
        assert product.gender in product.article.genders
        assert product.usage in product.article.usages
        assert product.article.patterned or product.pattern == SOLID
        assert (product.ink == "") == (product.pattern == SOLID)
        assert len(product.features) == len(product.article.features)


def test_a_longer_assortment_begins_with_the_shorter_one():
    assert assort(300, seed=5)[:100] == assort(100, seed=5)
