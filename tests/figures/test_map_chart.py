from __future__ import annotations

import numpy as np
import pytest

from shopclip.figures.map_chart import category_colors, map_chart
from shopclip.figures.style import ON_LIGHT
from tests.figures.drawn import drawn, panels_of, spoken_of, texts
from tests.pipelines.reporting.answered import CATEGORIES, COUNTS, map_of


def points(axes, *, hollow, number):
    """Where dots of one tower and colour stand."""
    clouds = [
        line.get_xydata()
        for line in axes.lines
        if (line.get_markerfacecolor() == "none") is hollow
        and line.get_markeredgecolor() == ON_LIGHT[number]
    ]
    return np.concatenate(clouds) if clouds else np.empty((0, 2))


def test_the_commonest_categories_have_a_colour_and_the_rest_share_one(evidence):
    colors = category_colors(evidence.maps)
    assert colors == {**{name: i for i, name in enumerate(CATEGORIES[:5])}, "other": 5}
    few = {pair: table[table["category"] == "Bags"] for pair, table in evidence.maps.items()}
    assert category_colors(few) == {"Bags": 0}


@pytest.mark.parametrize("pairs", [1, 2, 4])
@pytest.mark.parametrize("kind", ["wide", "narrow"])
def test_a_panel_a_pair_and_a_dot_an_embedding(pairs, kind):
    maps = {f"pair_{number}": map_of(number) for number in range(pairs)}
    figure = drawn(map_chart(maps), kind)
    assert {
        *maps,
        *CATEGORIES[:5],
        "other",
        "image",
        "text",
        f"{sum(COUNTS)} products",
        "across 34.5 %, up 12.3 % of the variance",
    } <= texts(figure)
    panels = panels_of(figure)
    assert [axes.get_title(loc="left") for axes in panels] == sorted(maps)
    for axes, table in zip(panels, maps.values(), strict=True):
        for hollow, tower in ((False, "image"), (True, "text")):
            for number, name in enumerate(CATEGORIES[:5]):
                rows = table[(table["tower"] == tower) & (table["category"] == name)]
                found = points(axes, hollow=hollow, number=number)
                np.testing.assert_array_equal(found, rows[["x", "y"]])
            rest = points(axes, hollow=hollow, number=5)
            assert len(rest) == sum(COUNTS[5:])
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        assert table["x"].between(left, right).all()
        assert table["y"].between(low, high).all()
        assert right - left == pytest.approx(high - low)  # one unit is as long along both
        box = axes.get_window_extent()
        assert box.width == pytest.approx(box.height)


def test_every_panel_says_what_it_shows(evidence):
    words = spoken_of(drawn(map_chart(evidence.maps)))
    assert words == [
        f"{pair}: {sum(COUNTS)} products, an image and a text each; "
        "across 34.5 %, up 12.3 % of the variance"
        for pair in ("bert_resnet", "bert_vit", "gpt_vit")
    ]


def test_embeddings_that_are_one_point_are_drawn_in_the_middle():
    table = map_of(0).assign(x=0.0, y=0.0)
    (axes,) = panels_of(drawn(map_chart({"a": table})))
    assert sum(axes.get_xlim()) == 0
    assert sum(axes.get_ylim()) == 0
    assert axes.get_xlim()[1] > 0
