"""What the shop sells."""

import itertools
from collections import Counter

from shopclip.sample.assortment import assort
from shopclip.sample.vocabulary import ARTICLES, BRANDS, COLOURS, PATTERNS, SOLID


def test_captions_spell_out_the_row(shop, rows):
    for row in rows:
        brand, rest = row["productDisplayName"].split(" ", 1)
        assert brand in BRANDS
        start, end = f"{row['gender']} {row['baseColour']} ", row["articleType"]
        assert rest.startswith(start)
        assert rest.endswith(end)
        pattern = rest.removeprefix(start).removesuffix(end).strip()
        assert pattern in {"", *PATTERNS} - {SOLID}


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


def test_a_longer_assortment_begins_with_the_shorter_one():
    assert assort(300, seed=5)[:100] == assort(100, seed=5)
