from __future__ import annotations

import re
from itertools import pairwise

import pytest

from shopclip.figures.where_chart import where_charts
from tests.figures.drawn import drawn, panels_of, spoken_of, texts
from tests.pipelines.reporting.answered import GROUPS


@pytest.fixture
def charts(evidence):
    return where_charts(evidence.breakdowns, protocol="held_out", chance=0.065)


def test_a_chart_for_each_way_to_group_and_a_panel_a_direction(charts):
    assert [chart.name for chart in charts] == [f"where-{by}" for by in GROUPS]
    assert charts[0].title == "MRR@10 by masterCategory, held out, in %"
    figure = drawn(charts[0])
    assert [axes.get_title(loc="left") for axes in panels_of(figure)] == [
        "image → text",
        "text → image",
    ]
    assert {"Apparel", "60 queries", "1 query", "bert_resnet"} <= texts(figure)
    assert {"1 product", "3-5 products", "10 queries"} <= texts(drawn(charts[1]))


def test_bars_markers_and_words_are_those_of_the_breakdown(charts, evidence):
    titles = {"image_to_text": "image → text", "text_to_image": "text → image"}
    for chart, by in zip(charts, GROUPS, strict=True):
        figure = drawn(chart)
        found = {}
        for axes in panels_of(figure):
            for line in axes.lines:
                if len(line.get_xdata()) == 3:
                    found[line.get_gid().removeprefix("spoken:")] = list(line.get_xdata())
        expected = {
            (pair, row["group"], titles[row["direction"]]): row
            for pair, table in evidence.breakdowns.items()
            for row in table[table["by"] == by].to_dict("records")
        }
        assert len(found) == len(expected) == 3 * 2 * len(GROUPS[by])
        for words, ends in found.items():
            pair, group, rest = words.split(", ", 2)
            row = expected[pair, re.sub(" products?$", "", group), rest.split(":")[0]]
            assert ends == [row["low"], row["mrr_at_10"], row["high"]]
            numbers = [float(n) for n in re.findall(r"(?<![\d.])-?[\d.]+", rest.split(": ")[1])]
            shares = [100 * row[name] for name in ("mrr_at_10", "low", "high")]
            assert numbers == pytest.approx(shares, abs=0.0501)


def test_all_charts_have_one_axis_and_chance_on_every_line(charts):
    limits = {axes.get_xlim() for chart in charts for axes in panels_of(drawn(chart))}
    assert len(limits) == 1
    assert limits.pop()[1] >= 0.66 + 0.01 + 0.04  # the highest end of an interval
    for axes in panels_of(drawn(charts[0])):
        ticks = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "|"]
        assert ticks == [0.065] * 3 * len(GROUPS["masterCategory"])


@pytest.mark.parametrize("kind", ["wide", "narrow"])
def test_long_names_of_groups_are_broken_and_keep_clear_of_each_other(evidence, kind):
    name = "Clothing, Shoes and Jewelry for Women and Girls"
    breakdowns = {
        pair: table.replace({"group": {"Apparel": name, "Footwear": f"{name} 2"}})
        for pair, table in evidence.breakdowns.items()
    }
    chart = where_charts(breakdowns, protocol="paper", chance=0.1)[0]
    figure = drawn(chart, kind)
    assert {name, f"{name} 2"} <= texts(figure)
    for axes in panels_of(figure):
        boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
        names = [box for box in boxes if box.x0 < axes.get_window_extent().x0]
        assert len(names) == 2 * 3
        assert all(box.x1 < axes.get_window_extent().x0 for box in names)
        names.sort(key=lambda box: box.y0)
        assert all(low.y1 <= high.y0 + 3 for low, high in pairwise(names))


def test_groups_may_be_numbers(evidence):
    breakdowns = {
        pair: table[table["by"] == "masterCategory"].replace({"group": {"Apparel": 2019}})
        for pair, table in evidence.breakdowns.items()
    }
    assert "2019" in texts(drawn(where_charts(breakdowns, protocol="paper", chance=0.1)[0]))
    assert len(spoken_of(drawn(where_charts(breakdowns, protocol="paper", chance=0.1)[0]))) == 18
