"""The sums of docs/scale.md."""

import pytest

from scale_costs import Cost, costs, table, told
from tests.benchmarks.conftest import BENCHMARKS


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (512e10, "B", "5.12 TB"),
        (14_400, "B", "14.4 kB"),
        (512, "B", "512 B"),
        (4.17e-9, "s", "4.17 ns"),
        (0.0178, "s", "17.8 ms"),
        (119, "s", "119 s"),
        (4170, "s", "69.5 min"),
        (30 * 3600, "s", "30.0 h"),
        (4.17e7, "s", "1.32 years"),
    ],
)
def test_a_number_is_told_in_the_unit_that_suits(value, unit, words):
    assert told(value, unit) == words


def test_all_with_all_grows_with_the_square_and_the_rest_in_proportion():
    assert Cost("rank", 2.0, "s", power=2).at(30) == 1800
    assert Cost("store", 14.4, "B").at(10) == 144


def test_the_costs_are_those_that_were_measured():
    found = {cost.what: cost for cost in costs()}
    at_a_million = {what: cost.at(10**6) for what, cost in found.items()}
    # By hand, from benchmarks/results: 80 × 60 × 3 bytes; 6.67 s at 40,000 products, squared.
    assert at_a_million["pictures: the store, on disk"] == 14.4e9
    assert at_a_million["evaluation: `rank`, two cores"] == pytest.approx(6.67 * 25**2, rel=0.5)
    assert found["embedding: one tower, on disk"].at(10**10) == 5.12e12
    assert all(cost.each > 0 for cost in found.values())


def test_the_page_shows_what_the_command_prints():
    page = (BENCHMARKS.parent / "docs/scale.md").read_text("utf-8")
    assert table(costs()) in page, "run benchmarks/scale_costs.py and put its table into the page"
