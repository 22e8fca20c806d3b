"""Counts beside the values of a filter, and browsing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopclip.search.facets import count_values
from shopclip.search.products import ProductTable
from shopclip.search.selection import select
from tests.search.shop import COLOURS, KINDS, example_table

EXAMPLES = example_table(60)
PRODUCTS = ProductTable.of(EXAMPLES)

conditions = st.fixed_dictionaries(
    {},
    optional={
        "gender": st.lists(st.sampled_from(["Men", "Women"]), min_size=1),
        "baseColour": st.lists(st.sampled_from(list(COLOURS)), min_size=1),
        "articleType": st.sampled_from(KINDS),
        "year": st.fixed_dictionaries({}, optional={"min": st.integers(2009, 2015)}).filter(bool),
    },
)


def fits(row, where):
    """A naive filter."""
    for name, wanted in where.items():
        value = row[name]
        if value is None:
            return False
        if isinstance(wanted, dict):
            if value < wanted["min"]:
                return False
        elif value not in (wanted if isinstance(wanted, list) else [wanted]):
            return False
    return True


@settings(max_examples=60, deadline=None)
@given(conditions)
def test_counts_are_those_of_a_naive_filter(where):
    rows = EXAMPLES.astype(object).where(EXAMPLES.notna(), None).to_dict("records")
    counts = count_values(PRODUCTS, select(where, PRODUCTS))
    assert list(counts) == list(PRODUCTS.attributes)
    for name, found in counts.items():
        others = {key: wanted for key, wanted in where.items() if key != name}
        left = [row[name] for row in rows if fits(row, others)]
        assert found == {value: left.count(value) for value in PRODUCTS.values(name)}


@pytest.mark.parametrize(("k", "count"), [(1, 1), (10, 10), (100, 20)])
def test_browsing_draws_evenly_from_what_fits(engine, k, count):
    where = {"baseColour": "Red", "articleType": "Shirt"}  # each twelfth of 240
    found = [product.id for product in engine.browse(k, where=where)]
    assert len(found) == count
    fitting = [f"p{number}" for number in range(0, 240, 12)]
    assert found == fitting[:: len(fitting) // count]


def test_browsing_what_nothing_fits_shows_nothing(engine):
    assert engine.browse(10, where={"baseColour": "Mauve"}) == []
