"""The page as a file, in a browser and on paper, of the largest run that it is meant for."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from itertools import product

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from shopclip.pipelines.evaluation.nodes import MISSES
from shopclip.pipelines.reporting.leaderboard import compile_rows, compile_scores
from shopclip.pipelines.reporting.report import render_report
from shopclip.pipelines.reporting.retrievals import CAPTIONS, PICTURES
from tests.pipelines.reporting.answered import breakdown_of, hubs_of
from tests.pipelines.reporting.asked import benchmark_of, confusions_of, zero_shot_of
from tests.pipelines.reporting.conftest import (
    comparisons_of,
    diagnostics_of,
    epoch_log_of,
    log_of,
    metrics_of,
)

PAIRS = (
    "bert_resnet",
    "bert_vit",
    "gpt_vit",
    "minilm_convnext",
    "minilm_vit_from_scratch",
    "multilingual_bert_swin",
)
PRODUCTS, STORED = 40_000, 300
MEGABYTES = 1e6
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
in_a_browser = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed (apt install chromium)"),
]
PATIENCE = 300_000  # milliseconds, on a machine that does other work
PAPER, PAGE = 680, 1009  # pixels across and down A4 between its margins
CHART_HEIGHTS = """[...document.querySelectorAll('.chart')]
    .map(one => one.getBoundingClientRect().height)"""
# What sticks out of the page sideways, but for what stands in a box with a scroll bar of its own.
STICKING_OUT = """() => [...document.querySelectorAll('body *')]
    .filter(one => !one.closest('svg *') && !one.closest('.scroll > *') || MEDIA)
    .filter(one => { const box = one.getBoundingClientRect();
        return box.width && (box.right > innerWidth + 1 || box.left < -3); })
    .map(one => one.outerHTML.slice(0, 120))"""


def photo(generator):
    """Smooth colours with a little noise: larger as a JPEG than a photo of a product is."""
    coarse = generator.integers(0, 256, (12, 12, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((120, 120), Image.Resampling.BICUBIC))
    return np.clip(smooth + generator.normal(0, 4, smooth.shape), 0, 255).astype(np.uint8)


def answers_of(examples, first):
    """As many pictures as are ever shown, for as many captions, of either kind."""
    rows = []
    asks = [("typical", query) for query in range(CAPTIONS)]
    asks += [("miss", query) for query in range(MISSES)]
    for (kind, query), place in product(asks, range(PICTURES)):
        asked = examples.iloc[query + (CAPTIONS * (first + 1) if kind == "miss" else 0)]
        shown = examples.iloc[(first + 97 * query + place) % len(examples)]
        row = {"kind": kind, "query": query, "asked": asked["id"], "caption": asked["caption"]}
        row |= {"place": place + 1, "id": shown["id"], "row": shown["row"], "hit": place == 1}
        rows.append({**row, "similarity": 0.5, "better": 1234})
    return pd.DataFrame(rows)


def mapped(examples, generator):
    """As many products as a map holds, of eight categories."""
    some = examples.head(1000).assign(category=[f"Category {n % 8}" for n in range(1000)])
    both = pd.concat([some.assign(tower=tower) for tower in ("image", "text")], ignore_index=True)
    both[["x", "y"]] = generator.normal(size=(len(both), 2))
    return both[["id", "tower", "x", "y", "category"]].assign(x_share=0.3, y_share=0.2)


def many_groups(breakdown):
    """As many categories as are ever shown, and some more."""
    more = (breakdown.assign(group=breakdown["group"] + f" of kind {n}") for n in range(5))
    return pd.concat(more, ignore_index=True)


@pytest.fixture(scope="module")
def large(evidence):
    """Six pairs on 40,000 products, one of them collapsed."""
    numbers = np.arange(PRODUCTS)
    examples = pd.DataFrame(
        {
            "id": numbers.astype(str),
            "row": numbers % STORED,
            "caption_id": numbers,
            "split": np.where(numbers % 10 == 0, "held_out", "train"),
            "caption": [f"Womens Embroidered Anarkali Kurta Number {n}" for n in numbers],
        }
    )
    generator = np.random.default_rng(0)
    metrics = {pair: metrics_of(0.2 + 0.05 * n) for n, pair in enumerate(PAIRS)}
    logs = {pair: log_of(0.5, epochs=30, steps=625) for pair in PAIRS}
    encoder = {"config": {"model_type": "bert"}}
    changes = {
        "leaderboard": compile_rows(metrics),
        "scores": compile_scores(metrics),
        "comparisons": comparisons_of(metrics),
        "towers": dict.fromkeys(PAIRS, evidence.towers["bert_vit"]),
        "training_logs": logs,
        "epoch_logs": {
            pair: epoch_log_of(log_of(0.5), (0.1, 0.2, 0.3), collapsed=False) for pair in PAIRS
        },
        "diagnostics": {
            pair: diagnostics_of(log, collapsed=pair == "gpt_vit") for pair, log in logs.items()
        },
        "retrievals": {pair: answers_of(examples, n) for n, pair in enumerate(PAIRS)},
        "zero_shots": {pair: zero_shot_of(0.5) for pair in PAIRS},
        "confusions": {pair: confusions_of(1) for pair in PAIRS},
        "benchmarks": {pair: benchmark_of(0.2) for pair in PAIRS},
        "maps": {pair: mapped(examples, generator) for pair in PAIRS},
        "breakdowns": {pair: many_groups(breakdown_of(0.5)) for pair in PAIRS},
        "hubs": {pair: hubs_of(examples, [5432.0 - n for n in range(6)]) for pair in PAIRS},
        "examples": examples,
        "images": np.stack([photo(generator) for _ in range(STORED)]),
        "parameters": {
            **evidence.parameters,
            "pairs": {pair: {"text": encoder, "image": encoder} for pair in PAIRS},
        },
    }
    return replace(evidence, **changes)


def render(evidence, command=None):
    return render_report(evidence, today=date(2026, 1, 2), command=command)


def test_six_pairs_on_forty_thousand_products_take_less_than_five_megabytes(large):
    html = render(large)
    typical, misses = CAPTIONS * (1 + len(PAIRS) * PICTURES), MISSES * (1 + PICTURES)
    assert html.count("data:image/jpeg") == typical + len(PAIRS) * (misses + 6)
    assert len(html.encode()) < 5 * MEGABYTES


def test_the_command_is_shown_as_text_where_there_is_one(evidence):
    assert "was written by" not in render(evidence)
    html = render(evidence, command="kedro run --params 'a=<b>'")
    assert '<pre class="command">kedro run --params &#39;a=&lt;b&gt;&#39;</pre>' in html


# Names of pairs that are broken elsewhere than at their underscores: more lines than parts.
BROKEN_NAMES = """() => [...document.querySelectorAll('.key > span')]
    .filter(one => one.getBoundingClientRect().height)
    .filter(one => one.getClientRects().length > 1 || one.getBoundingClientRect().height >
        1.7 * parseFloat(getComputedStyle(one).fontSize) * one.textContent.split('_').length)
    .map(one => one.textContent)"""


@pytest.fixture
def page(large, tmp_path):
    """The page, open: it asked for nothing but its own file, and its console stays empty."""
    from playwright.sync_api import sync_playwright

    file = tmp_path / "report.html"
    file.write_text(render(large, command="kedro run " + "--params=a.b=c " * 12), "utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=PATIENCE)
        page = browser.new_page()
        asked, wrong = [], []
        page.on("request", lambda one: asked.append(one.url))
        page.on("console", lambda message: wrong.append(message.text))
        page.goto(file.as_uri(), timeout=PATIENCE)
        assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
        yield page
        assert wrong == []
        browser.close()


class TestBrowser:
    pytestmark = in_a_browser

    def test_on_a_screen_nothing_is_cut_or_missing(self, page):
        unseen = "[...document.images].filter(one => !one.complete || !one.naturalWidth).length"
        assert page.evaluate(unseen) == 0
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
            assert page.evaluate(STICKING_OUT.replace("MEDIA", "false")) == [], width
            assert page.evaluate(BROKEN_NAMES) == [], width

    def test_it_is_dark_where_the_reader_wants_it_and_never_on_paper(self, page):
        for media, scheme, dark in (
            ("screen", "light", False),
            ("screen", "dark", True),
            ("print", "dark", False),
        ):
            page.emulate_media(media=media, color_scheme=scheme)
            red = "parseInt(getComputedStyle(document.body).color.match(/[0-9]+/)[0])"
            assert (page.evaluate(red) > 128) == dark, (media, scheme)

    def test_on_paper_nothing_sticks_out_and_what_is_folded_is_open(self, page):
        page.set_viewport_size({"width": PAPER, "height": 960})
        page.emulate_media(media="print")
        assert page.evaluate(STICKING_OUT.replace("MEDIA", "true")) == []
        heights = page.evaluate(CHART_HEIGHTS)
        assert len(heights) == 6
        assert max(heights) < PAGE
        shut = """[...document.querySelectorAll('details > :not(summary)')]
            .filter(one => !one.getBoundingClientRect().height).length"""
        assert page.evaluate(shut) == 0
