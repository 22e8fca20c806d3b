from __future__ import annotations

import re

import pandas as pd
import pytest

from shopclip.pipelines.reporting.map_chart import RADIUS, category_colours, embedding_maps
from shopclip.pipelines.reporting.map_figure import map_figure
from tests.pipelines.reporting.answered import CATEGORIES, map_of
from tests.pipelines.reporting.rendered import Page, render
from tests.pipelines.reporting.test_reporting_figures import texts


def circles(path: str) -> list[tuple[float, float]]:
    """Centres of a path's circles, each of which starts at its left end."""
    starts = re.findall(r"M(-?[\d.]+) (-?[\d.]+)", path)
    return [(float(x) + RADIUS, float(y)) for x, y in starts]


def test_the_commonest_categories_have_a_colour_and_the_rest_share_one(evidence) -> None:
    colours = category_colours(evidence.maps)
    assert colours == {**{name: i for i, name in enumerate(CATEGORIES[:5])}, "other": 5}
    few = {pair: table[table["category"] == "Bags"] for pair, table in evidence.maps.items()}
    assert category_colours(few) == {"Bags": 0}


def test_every_embedding_is_one_circle_at_its_place(evidence) -> None:
    table = evidence.maps["bert_vit"]
    drawn = embedding_maps(evidence.maps, category_colours(evidence.maps))["bert_vit"]
    found = {
        tower: [c for cloud in drawn.clouds if cloud.tower == tower for c in circles(cloud.path)]
        for tower in ("image", "text")
    }
    for tower, places in found.items():
        rows = table[table["tower"] == tower]
        assert len(places) == len(rows) == drawn.products
        assert all(0 <= value <= 100 for place in places for value in place)
    rows = table[(table["tower"] == "text") & (table["category"] == "Bags")]
    (cloud,) = [c for c in drawn.clouds if (c.tower, c.category) == ("text", "Bags")]
    span = max(table["x"].max() - table["x"].min(), table["y"].max() - table["y"].min())
    middle = (table["y"].max() + table["y"].min()) / 2
    for (x, y), row in zip(circles(cloud.path), rows.itertuples(), strict=True):
        assert x == pytest.approx(2 + 96 * (row.x - table["x"].min()) / span, abs=0.06)
        assert y == pytest.approx(50 - 96 * (row.y - middle) / span, abs=0.06)  # up is less


def test_embeddings_that_are_one_point_are_drawn_in_the_middle() -> None:
    table = map_of(0).assign(x=0.0, y=0.0)
    drawn = embedding_maps({"a": table}, category_colours({"a": table}))["a"]
    assert {place for cloud in drawn.clouds for place in circles(cloud.path)} == {(50.0, 50.0)}


def test_the_page_has_a_map_a_pair_with_both_towers_and_a_legend(evidence) -> None:
    html = render(evidence)
    page = Page(html)
    clouds = [found for found in page.tags("path") if "data-category" in found]
    assert len(clouds) == 3 * 2 * 6
    assert {found["class"].split()[0] for found in clouds} == {"image", "text"}
    assert html.count("across 34.5 %, up 12.3 % of the variance") == 3
    for name in (*CATEGORIES[:5], "other", "image", "text"):
        assert f"<i></i>{name}</span>" in html


@pytest.mark.parametrize("pairs", [1, 2, 4])
def test_the_figure_has_a_panel_a_pair_and_a_dot_an_embedding(pairs: int) -> None:
    maps = {f"pair_{number}": map_of(number) for number in range(pairs)}
    figure = map_figure(maps)
    said = texts(figure)
    assert {*maps, *CATEGORIES[:5], "other", "image", "text", "34.5 % of the variance"} <= said
    drawn = [axes for axes in figure.axes if axes.collections]
    assert [axes.get_title(loc="left") for axes in drawn] == sorted(maps)
    for axes, table in zip(drawn, maps.values(), strict=True):
        images, captions = axes.collections
        pd.testing.assert_frame_equal(
            pd.DataFrame(images.get_offsets().data, columns=["x", "y"]),
            table.loc[table["tower"] == "image", ["x", "y"]].reset_index(drop=True),
        )
        assert len(images.get_facecolors()) > 0
        assert len(captions.get_facecolors()) == 0
