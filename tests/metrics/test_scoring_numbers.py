import math

import pytest

from shopclip.metrics.scoring import optional, percent, percent_interval


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1, "100.0"),
        (0.6649, "66.5"),
        (0.09996, "10.0"),
        (0.0999, "9.99"),
        (0.0087, "0.87"),
        (0.001, "0.10"),
        (0.00025, "0.025"),
        (1 / 44_000, "0.0023"),
        (0, "0.00"),
    ],
)
def test_percent_keeps_what_can_be_read(share, text):
    assert percent(share) == text


def test_an_interval_is_as_exact_as_its_share():
    assert percent_interval(0.081, 0.125, 0.1032) == "8.1–12.5"
    assert percent_interval(0.00012, 0.0004, 0.0002) == "0.012–0.040"


def test_a_point_is_no_interval():
    assert percent_interval(0.1, 0.1, 0.1) == ""


@pytest.mark.parametrize("nothing", [None, math.nan])
def test_what_is_missing_is_a_dash(nothing):
    assert optional(nothing, ".2f") == "–"
    assert optional(1234.5, ",.0f") == "1,234"
