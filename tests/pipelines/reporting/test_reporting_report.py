from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest

from shopclip.dualencoder.collapse import explain
from shopclip.pipelines.reporting.formats import percent
from shopclip.pipelines.reporting.leaderboard import CEILINGS, CHANCES, MEDIAN, SCORES
from shopclip.pipelines.reporting.report import render_report
from shopclip.pipelines.reporting.score_tables import SAME_CAPTION

VOID = {"meta", "link", "img", "br", "line", "polyline", "rect", "wbr"}
ATTACK = '<script>alert(1)</script>" onerror="alert(2)'


class Page(HTMLParser):
    """Elements with attributes and text, checked to be closed in the order they were opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, Any]]] = []
        self.cells: list[dict[str, Any]] = []
        self._open: list[str] = []
        self._row: dict[str, Any] = {}
        self._cell: dict[str, Any] = {}
        self._table: dict[str, Any] = {}
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.elements.append((tag, found))
        if tag == "table":
            self._table = {
                "table": found.get("class") or "",
                "protocol": found.get("data-protocol", ""),
                "direction": found.get("data-direction"),
            }
        if tag == "tr":
            told = {key: found.get(f"data-{key}") for key in ("pair", "direction")}
            self._row = {key: value for key, value in told.items() if value}
        if tag == "td":
            self._cell = {**found, **self._table, **self._row, "text": ""}
            if "data-score" in found:
                self.cells.append(self._cell)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, text: str) -> None:
        if "td" in self._open:
            self._cell["text"] += text

    def tags(self, name: str) -> list[dict[str, Any]]:
        return [found for tag, found in self.elements if tag == name]


def render(evidence, **changes: Any) -> str:
    return render_report(replace(evidence, **changes), today=date(2026, 1, 2))


def boards_of(html: str) -> list[dict[str, Any]]:
    return [table for table in Page(html).tags("table") if table.get("class") == "board"]


def shown_numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"[\d.]+", text)]


def test_every_number_of_the_leaderboard_is_that_of_the_table(evidence) -> None:
    page, rows = Page(render(evidence)), evidence.leaderboard
    boards = [cell for cell in page.cells if cell["table"] == "board"]
    scored = [cell for cell in boards if cell["data-score"] in (*SCORES, MEDIAN)]
    assert len(scored) == len(rows) * (len(SCORES) + 1)
    table = rows.set_index(["protocol", "direction", "pair"])
    for cell in scored:
        row = table.loc[(cell["protocol"], cell["direction"], cell["pair"])]
        score = cell["data-score"]
        assert float(cell["data-value"]) == row[score]
        assert float(cell["data-low"]) == row[f"{score}_low"]
        assert float(cell["data-high"]) == row[f"{score}_high"]
        ends = [row[score], row[f"{score}_low"], row[f"{score}_high"]]
        if score != MEDIAN and row[f"{score}_low"] == row[f"{score}_high"]:
            ends = ends[:1]
        times = 1 if score == MEDIAN else 100
        expected = pytest.approx([times * end for end in ends], abs=0.0501)
        assert shown_numbers(cell["text"]) == expected


def test_every_number_with_the_captions_products_as_answers_is_that_of_the_scores(evidence) -> None:
    page = Page(render(evidence))
    cells = [cell for cell in page.cells if cell["table"] == "same-caption"]
    scores = evidence.scores[evidence.scores["answers"] == "same_caption"]
    table = scores.set_index(["protocol", "direction", "pair", "metric"])
    assert len(cells) == 2 * 2 * 3 * len(SAME_CAPTION)
    for cell in cells:
        key = tuple(cell[name] for name in ("protocol", "direction", "pair", "data-score"))
        assert float(cell["data-value"]) == table.loc[key, "value"]
        shown = shown_numbers(cell["text"])[0]
        assert shown == pytest.approx(100 * table.loc[key, "value"], abs=0.0501)


def test_paired_tests_stand_beside_the_held_out_leaderboard(evidence) -> None:
    html = render(evidence)
    rows = [row for row in Page(html).tags("tr") if "data-other" in row]
    told = evidence.comparisons[evidence.comparisons["protocol"] == "held_out"]
    assert [(row["data-pair"], row["data-other"]) for row in rows] == list(
        zip(told["pair"], told["other"], strict=True)
    )
    assert html.count("<td>yes</td>") == told["better"].sum()


def test_runs_from_several_seeds_show_their_spread(evidence) -> None:
    rows = evidence.leaderboard.assign(seeds=3, accuracy_seed_low=0.123, accuracy_seed_high=0.234)
    training = {**evidence.parameters["training"], "seeds": 3}
    html = render(
        evidence, leaderboard=rows, parameters={**evidence.parameters, "training": training}
    )
    assert "mean of 3 runs" in html
    assert "runs 12.3–23.4" in html
    assert "Every pair was trained 3 times" in html
    assert "trained once" not in html


def test_a_pair_that_knew_held_out_captions_is_marked(evidence) -> None:
    assert "seen in training" not in render(evidence)
    rows = evidence.leaderboard.assign(seen=0.25)
    assert "25.0 % seen in training" in render(evidence, leaderboard=rows)


def test_chance_stands_in_every_group(evidence) -> None:
    page, rows = Page(render(evidence)), evidence.leaderboard
    bounds = {*CHANCES.values(), *CEILINGS.values()}
    chances = [cell for cell in page.cells if cell["data-score"] in bounds]
    assert len(chances) == 2 * 2 * len(bounds)
    for cell in chances:
        of_protocol = rows[rows["protocol"] == cell["protocol"]]
        assert float(cell["data-value"]) == of_protocol[cell["data-score"]].iloc[0]
        assert percent(float(cell["data-value"])) in cell["text"]


def test_protocols_are_never_in_one_table(evidence) -> None:
    boards = boards_of(render(evidence))
    assert [board["data-protocol"] for board in boards] == ["held_out", "paper"]


def test_words_of_the_catalogue_are_never_markup(evidence) -> None:
    captions = evidence.examples["caption"].replace("Caption 0", ATTACK)
    retrievals = {
        pair: table.replace({"caption": {"Caption 0": ATTACK}})
        for pair, table in evidence.retrievals.items()
    }
    rejected = pd.DataFrame({"id": [ATTACK], "reason": [ATTACK], "detail": [ATTACK]})
    html = render(
        evidence,
        examples=evidence.examples.assign(caption=captions),
        retrievals=retrievals,
        rejected_images=rejected,
        catalogue_facts={**evidence.catalogue_facts, "name": ATTACK},
        parameters={**evidence.parameters, "note": ATTACK},
    )
    page = Page(html)
    assert page.tags("script") == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert not [found for _, found in page.elements if "onerror" in found]
    assert any(ATTACK in image["alt"] for image in page.tags("img"))


@pytest.mark.parametrize("synthetic", [True, False])
def test_a_synthetic_catalogue_is_named_as_such(evidence, synthetic: bool) -> None:
    facts = {**evidence.catalogue_facts, "synthetic": synthetic}
    html = render(evidence, catalogue_facts=facts)
    assert ("This catalogue is synthetic." in html) is synthetic
    assert ("on this synthetic catalogue" in html) is synthetic


def test_an_untrained_pair_is_named(evidence, untrained) -> None:
    assert "Not trained (zero epochs): bert_vit." in render(untrained)
    assert "Not trained" not in render(evidence)


def test_without_any_training_there_are_no_curves(evidence, untrained) -> None:
    empty = dict.fromkeys(evidence.training_logs, untrained.training_logs["bert_vit"])
    no_epochs = dict.fromkeys(evidence.epoch_logs, untrained.epoch_logs["bert_vit"])
    html = render(evidence, training_logs=empty, epoch_logs=no_epochs)
    assert "Not trained (zero epochs): bert_resnet, bert_vit, gpt_vit." in html
    assert "polyline class" not in html


def test_the_collapsed_are_marked(evidence) -> None:
    html = render(evidence)
    marked = re.findall(r'data-pair="(\w+)"[^>]*>\s*<th[^>]*>(?:(?!</th>).)*<mark>', html, re.S)
    assert marked == ["gpt_vit"] * 4
    healthy = render(evidence, leaderboard=evidence.leaderboard.assign(collapsed=False))
    assert healthy.count("<mark>") == 1  # among the diagnostics


def test_a_mark_leads_to_what_was_seen_and_what_to_try(evidence) -> None:
    html = render(evidence)
    page = Page(html)
    links = [found["href"] for found in page.tags("a")]
    assert links == ["#collapsed-gpt_vit"] * 5
    assert [found["id"] for found in page.tags("div") if "id" in found] == ["collapsed-gpt_vit"]
    (card,) = re.findall(r'<div class="card explained".*?</div>\s*</div>\s*</div>', html, re.S)
    items = re.findall(r"<li>(.*?)</li>", card)
    explanation = explain(evidence.diagnostics["gpt_vit"])
    assert items == [*explanation.seen, *explanation.advice]
    assert "the loss ended at 2.08 nats, where towers that see nothing have 2.08" in items
    assert "the image embeddings are one point (mean cosine 0.999, effective rank 1.1)" in items


def test_healthy_pairs_have_nothing_explained(evidence) -> None:
    good = dict.fromkeys(evidence.diagnostics, evidence.diagnostics["bert_vit"])
    leaderboard = evidence.leaderboard.assign(collapsed=False)
    html = render(evidence, diagnostics=good, leaderboard=leaderboard)
    assert "has collapsed" not in html
    assert "<mark>" not in html


def test_every_sign_has_a_chart_with_a_line_and_a_dot_a_pair(evidence, untrained) -> None:
    page = Page(render(evidence))
    charts = [
        found["aria-label"] for found in page.tags("div") if found.get("class") == "plot small"
    ]
    assert len(charts) == 8
    assert charts[-1].startswith("MRR, validation examples: bert_resnet 0.6,")
    lines = [found["class"] for found in page.tags("polyline")]
    dots = [found.get("class") for found in page.tags("i")]
    for number in range(3):
        assert lines.count(f"line pair-{number}") == 8 + 1  # the training loss
        assert dots.count(f"dot pair-{number}") == 8
    fewer = [found.get("class") for found in Page(render(untrained)).tags("i")]
    assert "dot pair-1" not in fewer
    assert fewer.count("dot pair-2") == 8


def test_the_page_says_which_examples_judged_the_epochs(evidence, unvalidated) -> None:
    html = render(evidence)
    assert "ends with the weights of its best epoch" in html
    assert html.count("measured on validation examples") == 1
    assert re.findall(r"best: (\d)", html) == ["2", "3", "3"]
    html = render(unvalidated)
    assert "best epoch" not in html
    assert "measured on training examples" in html
    assert "MRR, training examples" in html
    assert "best: " not in html


def test_the_loss_of_chance_is_called_a_logarithm_only_where_it_is_one(evidence) -> None:
    sigmoid = {pair: log.assign(chance_loss=5.15) for pair, log in evidence.training_logs.items()}
    assert "chance, ln 8" in render(evidence)
    html = render(evidence, training_logs=sigmoid)
    assert "chance, 5.15" in html
    assert "chance, ln" not in html


def test_the_page_needs_nothing_else(evidence) -> None:
    html = render(evidence)
    page = Page(html)
    for _, found in page.elements:
        for name in ("src", "href", "srcset", "action", "xlink:href"):
            assert found.get(name, "data:").startswith(("data:", "#"))
    assert re.findall(r"url\(|@import", html) == []
    assert page.tags("script") == []


def test_the_page_can_be_read_by_a_machine(evidence) -> None:
    page = Page(render(evidence))
    assert page.tags("html") == [{"lang": "en"}]
    assert all(image["alt"] for image in page.tags("img"))
    assert all("scope" in head for head in page.tags("th"))
    assert len(page.tags("caption")) == len(page.tags("table"))
    assert all("aria-label" in found for _, found in page.elements if found.get("role") == "img")


def test_without_held_out_products_the_page_says_so(evidence) -> None:
    paper = evidence.leaderboard[evidence.leaderboard["protocol"] == "paper"]
    html = render(evidence, leaderboard=paper.reset_index(drop=True))
    boards = boards_of(html)
    assert [board["data-protocol"] for board in boards] == ["paper"]
    assert "No products were held out" in html
    assert "products trained on included" in html


def test_rejects_are_shown(evidence) -> None:
    assert "Nothing was rejected" in render(evidence)
    rejected = pd.DataFrame(
        {"id": ["12", "13"], "line": [3, 4], "reason": ["no image", "no image"]}
        | {"detail": ["images/12.jpg does not exist", "/srv/ann/images/13.jpg does not exist"]}
    )
    html = render(evidence, rejected_products=rejected)
    assert "images/12.jpg does not exist" in html
    assert "the first 2 of 2" in html


def test_the_page_tells_nothing_of_the_machine(evidence) -> None:
    import socket

    html = render(evidence)
    assert "/home" not in html
    assert "ann smith" not in html
    assert socket.gethostname() not in re.sub(r"base64,[\w+/=]+", "", html)


def test_the_published_table_stands_beside(evidence) -> None:
    html = render(evidence)
    assert all(number in html for number in ("34.51", "0.74", "37.11", "0.87", "0.0023", "0.225"))
    assert "saw only the training split" in html
    chosen = {**evidence.parameters, "splits": {"held_out": 0, "validation": 0.1}}
    assert "saw only the training split" in render(evidence, parameters=chosen)
    whole = {**evidence.parameters, "splits": {"held_out": 0}}
    assert "saw only the training split" not in render(evidence, parameters=whole)


def test_the_same_evidence_gives_the_same_page(evidence) -> None:
    assert render(evidence) == render(evidence)
    assert "2 January 2026" in render(evidence)
