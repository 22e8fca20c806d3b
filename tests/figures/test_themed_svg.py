import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from shopclip.figures import themed_svg as module
from shopclip.figures.chart import WIDTHS, Chart, spoken
from shopclip.figures.curves_chart import curves_chart
from shopclip.figures.leaderboard_chart import leaderboard_chart
from shopclip.figures.map_chart import map_chart
from shopclip.figures.style import COLLAPSED, LIGHT, ON_LIGHT
from shopclip.figures.themed_svg import themed_svg
from shopclip.figures.where_chart import where_charts
from shopclip.pipelines.reporting.leaderboard import headline_rows
from shopclip.pipelines.reporting.signs import signs_of
from tests.figures.drawn import drawn, texts

ATTACK = "</text><script>alert(1)</script> & \" onload='x' $x^2$ \x07"


@pytest.fixture
def charts(evidence):
    return [
        leaderboard_chart(headline_rows(evidence.leaderboard)),
        curves_chart(evidence.training_logs),
        signs_of(evidence.epoch_logs, evidence.examples),
        map_chart(evidence.maps),
        *where_charts(evidence.breakdowns, protocol="held_out", chance=0.1),
    ]


def dots_chart(x, y, **how):
    def draw(sheet):
        (axes,) = sheet.panels(1, min_width=1, height=2, top=0.1, bottom=0.1)
        axes.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
        axes.plot(x, y, **how)

    return Chart(name="dots", title="", subtitle="", words="Dots", draw=draw)


def svgs_of(chart):
    """Both of them, by their class."""
    found = ET.fromstring(f"<page>{themed_svg(chart)}</page>")
    return {svg.attrib["class"]: svg for svg in found}


def test_a_page_gets_one_for_a_desk_and_one_for_a_phone_as_wide_as_they_are(charts):
    for chart in charts:
        svgs = svgs_of(chart)
        assert svgs.keys() == WIDTHS.keys()
        for kind, svg in svgs.items():
            assert float(svg.attrib["viewBox"].split()[2]) == pytest.approx(72 * WIDTHS[kind])
            assert svg.attrib["aria-label"] == chart.words


def test_every_colour_is_one_of_the_page(charts):
    variables = {f"var(--{name})" for name in LIGHT}
    for chart in charts:
        html = themed_svg(chart)
        assert re.findall(r"#[0-9a-f]{6}", re.sub(r"#[\w.-]*-m[0-9a-f]{10}", "", html)) == []
        used = set(re.findall(r"(?:fill|stroke):(?!none)([^;\"]+)", html))
        assert used <= variables
        for svg in svgs_of(chart).values():  # what has no colour is black, also in the dark
            assert all("fill:var(--" in text.attrib["style"] for text in svg.iter("text"))


def test_all_that_a_chart_says_is_text(charts):
    for chart in charts:
        for kind, svg in svgs_of(chart).items():
            text = " ".join(text.text for text in svg.iter("text")).replace(" ", "")
            for words in texts(drawn(chart, kind)) - {chart.title, chart.subtitle}:
                if any(text.isalpha() for text in words):
                    assert all(part in text for part in words.replace(" ", "").split("_"))


def test_letters_are_those_of_the_page(charts):
    assert not any("font-family" in themed_svg(chart) for chart in charts)


def test_ids_are_the_charts_own_and_every_reference_leads_somewhere(charts):
    ids = []
    for chart in charts:
        for kind, svg in svgs_of(chart).items():
            own = [element.attrib["id"] for element in svg.iter() if "id" in element.attrib]
            assert all(one.startswith(f"{chart.name}-{kind}-") for one in own)
            page = ET.tostring(svg, encoding="unicode")
            assert set(re.findall(r"(?:href=\"|url\()#([\w.-]+)", page)) == set(own)
            ids += own
    assert len(ids) == len(set(ids)) > 0


def test_the_same_chart_gives_the_same_words_without_date_or_style_of_its_own(charts):
    for chart in charts:
        html = themed_svg(chart)
        assert html == themed_svg(chart)
        assert not re.search(r"<style|<metadata|<!--|xmlns|xlink|20\d\d-", html)


def test_words_of_the_catalogue_are_never_markup(evidence):
    maps = {
        pair: table.replace({"category": {"Apparel": ATTACK}})
        for pair, table in evidence.maps.items()
    }
    html = themed_svg(map_chart({ATTACK: maps["bert_vit"]}))
    root = ET.fromstring(f"<page>{html}</page>")
    assert not [element for element in root.iter() if element.tag == "script"]
    assert not [element for element in root.iter() if "onload" in element.attrib]
    words = [text.text for text in root.iter("text")]  # literally, but for what no page can hold
    assert words.count(ATTACK.replace("\x07", "\N{REPLACEMENT CHARACTER}")) == 2 * 2


def test_many_marks_are_one_path_with_a_corner_each():
    x, y = np.random.default_rng(0).uniform(size=(2, 40))
    how = {"marker": "o", "linestyle": "none", "color": ON_LIGHT[3], "clip_on": False}
    svg = svgs_of(dots_chart(x, y, **how))["wide"]
    (path,) = [one for one in svg.iter("path") if "marker:" in one.attrib["style"]]
    (marker,) = svg.iter("marker")
    assert not list(svg.iter("use"))
    assert f"url(#{marker.attrib['id']})" in path.attrib["style"]
    assert "var(--pair-3)" in marker[0].attrib["style"]
    points = np.array(path.attrib["d"].removeprefix("M").split(), float).reshape(-1, 2)
    width, height = (float(n) for n in svg.attrib["viewBox"].split()[2:])
    box = width, 2 * 72
    expected = np.column_stack([x * box[0], height - 0.1 * 72 - y * box[1]])
    np.testing.assert_allclose(points, expected, atol=0.006)


def test_a_few_marks_stay_what_they_are():
    chart = dots_chart([0.1, 0.2], [0.5, 0.5], marker="o", linestyle="none", color=ON_LIGHT[0])
    svg = svgs_of(chart)["wide"]
    assert len(list(svg.iter("use"))) == 2
    assert not list(svg.iter("marker"))


def test_a_part_says_what_it_shows():
    def draw(sheet):
        (axes,) = sheet.panels(1, min_width=1, height=2)
        (line,) = axes.plot([0, 1], color=COLLAPSED)
        spoken(line, "a <b> & c")

    svg = svgs_of(replace(dots_chart([], []), draw=draw))["narrow"]
    (group,) = [element for element in svg.iter("g") if "role" in element.attrib]
    assert group.attrib == {"role": "img", "aria-label": "a <b> & c"}
    assert group[0].tag == "title"
    assert group[0].text == "a <b> & c"
    assert len(list(group.iter("path"))) == 1


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("font: 9px 'DejaVu Sans', sans-serif; fill: #1d2226", "font-size:9px;fill:var(--ink)"),
        ("font: italic 700 8.5px 'A', serif", "font-weight:700;font-size:8.5px"),
        ("font-size: 9px; font-family: 'A'; text-anchor: end", "font-size:9px;text-anchor:end"),
    ],
)
def test_letters_are_as_large_whichever_release_of_matplotlib_says_so(style, expected):
    element = ET.Element("text", style=style, transform="rotate(-0 3.25 4)")
    module._restyle(element)
    assert element.attrib == {"style": expected}
