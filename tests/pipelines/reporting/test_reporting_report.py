from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from shopclip.metrics.scoring import percent
from shopclip.pipelines.reporting.leaderboard import CEILINGS, CHANCES, MEDIAN, SCORES
from shopclip.pipelines.reporting.verdict import SAME_CAPTION
from tests.pipelines.reporting.rendered import Page, boards_of, render, shown_numbers

ATTACK = '<script>alert(1)</script>" onerror="alert(2)'


def test_every_number_of_the_leaderboard_is_that_of_the_table(evidence):
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


def test_every_number_with_the_captions_products_as_answers_is_that_of_the_scores(evidence):
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


def test_paired_tests_stand_beside_the_held_out_leaderboard(evidence):
    html = render(evidence)
    rows = [row for row in Page(html).tags("tr") if "data-other" in row]
    told = evidence.comparisons[evidence.comparisons["protocol"] == "held_out"]
    assert [(row["data-pair"], row["data-other"]) for row in rows] == list(
        zip(told["pair"], told["other"], strict=True)
    )
    assert html.count("<td>yes</td>") == told["better"].sum()


def test_runs_from_several_seeds_show_their_spread(evidence):
    rows = evidence.leaderboard.assign(seeds=3, accuracy_seed_low=0.123, accuracy_seed_high=0.234)
    training = {**evidence.parameters["training"], "seeds": 3}
    html = render(
        evidence, leaderboard=rows, parameters={**evidence.parameters, "training": training}
    )
    assert "mean of 3 runs" in html
    assert "runs 12.3–23.4" in html
    assert "Every pair was trained 3 times" in html
    assert "trained once" not in html


def test_a_pair_that_knew_held_out_captions_is_marked(evidence):
    assert "seen in training" not in render(evidence)
    rows = evidence.leaderboard.assign(seen=0.25)
    assert "25.0 % seen in training" in render(evidence, leaderboard=rows)


def test_chance_stands_in_every_group(evidence):
    page, rows = Page(render(evidence)), evidence.leaderboard
    bounds = {*CHANCES.values(), *CEILINGS.values()}
    chances = [cell for cell in page.cells if cell["data-score"] in bounds]
    assert len(chances) == 2 * 2 * len(bounds)
    for cell in chances:
        of_protocol = rows[rows["protocol"] == cell["protocol"]]
        assert float(cell["data-value"]) == of_protocol[cell["data-score"]].iloc[0]
        assert percent(float(cell["data-value"])) in cell["text"]


def test_protocols_are_never_in_one_table(evidence):
    boards = boards_of(render(evidence))
    assert [board["data-protocol"] for board in boards] == ["held_out", "paper"]


def test_words_of_the_catalogue_are_never_markup(evidence):
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
def test_a_synthetic_catalogue_is_named_as_such(evidence, synthetic):
    facts = {**evidence.catalogue_facts, "synthetic": synthetic}
    html = render(evidence, catalogue_facts=facts)
    assert ("This catalogue is synthetic." in html) is synthetic
    assert ("on this synthetic catalogue" in html) is synthetic


def test_the_page_needs_nothing_else(evidence):
    html = render(evidence)
    page = Page(html)
    for _, found in page.elements:
        for name in ("src", "href", "srcset", "action", "xlink:href"):
            assert found.get(name, "data:").startswith(("data:", "#"))
    assert re.findall(r"url\((?!#)|@import", html) == []
    assert page.tags("script") == []


def test_the_page_can_be_read_by_a_machine(evidence):
    page = Page(render(evidence))
    assert page.tags("html") == [{"lang": "en"}]
    assert all(image["alt"] for image in page.tags("img"))
    assert all("scope" in head for head in page.tags("th"))
    assert len(page.tags("caption")) == len(page.tags("table"))
    assert all("aria-label" in found for _, found in page.elements if found.get("role") == "img")


def test_without_held_out_products_the_page_says_so(evidence):
    paper = evidence.leaderboard[evidence.leaderboard["protocol"] == "paper"]
    html = render(evidence, leaderboard=paper.reset_index(drop=True))
    boards = boards_of(html)
    assert [board["data-protocol"] for board in boards] == ["paper"]
    assert "No products were held out" in html
    assert "products trained on included" in html


def test_rejects_are_shown(evidence):
    assert "Nothing was rejected" in render(evidence)
    rejected = pd.DataFrame(
        {"id": ["12", "13"], "line": [3, 4], "reason": ["no image", "no image"]}
        | {"detail": ["images/12.jpg does not exist", "/srv/ann/images/13.jpg does not exist"]}
    )
    html = render(evidence, rejected_products=rejected)
    assert "images/12.jpg does not exist" in html
    assert "the first 2 of 2" in html


def test_the_page_tells_nothing_of_the_machine(evidence):
    import socket

    html = render(evidence)
    assert "/home" not in html
    assert "ann smith" not in html
    assert socket.gethostname() not in re.sub(r"base64,[\w+/=]+", "", html)


def test_the_published_table_stands_beside(evidence):
    html = render(evidence)
    assert all(number in html for number in ("34.51", "0.74", "37.11", "0.87", "0.0023", "0.225"))
    assert "saw only the training split" in html
    chosen = {**evidence.parameters, "splits": {"held_out": 0, "validation": 0.1}}
    assert "saw only the training split" in render(evidence, parameters=chosen)
    whole = {**evidence.parameters, "splits": {"held_out": 0, "validation": 0}}
    assert "saw only the training split" not in render(evidence, parameters=whole)


def test_the_same_evidence_gives_the_same_page(evidence):
    assert render(evidence) == render(replace(evidence))
    assert "2 January 2026" in render(evidence)
