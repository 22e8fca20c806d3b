from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from shopclip.metrics.scoring import percent
from shopclip.pipelines.reporting.report import render_report
from shopclip.pipelines.reporting.task_sections import best_confusion, classified
from tests.pipelines.reporting.asked import ACCURACIES, NAMES, confusions_of, zero_shot_of

TABLES = {pair: zero_shot_of(share) for pair, share in ACCURACIES.items()}
MATRICES = {pair: confusions_of(turn) for turn, pair in enumerate(ACCURACIES)}
ROW = r'<tr data-pair="(\w+)" data-attribute="(\w+)">(.*?)</tr>'
CELL = r'data-metric="(\w+)" data-value="([\d.e-]+|nan)"[^>]*>(.*?)</td>'


def page(evidence, **changes):
    return render_report(replace(evidence, **changes), today=date(2026, 1, 2))


def test_attributes_keep_their_order_and_pairs_come_by_accuracy():
    found = classified({**TABLES, "gpt_vit": zero_shot_of(0.9)})
    assert [table.attribute for table in found] == ["gender", "articleType"]
    for table in found:
        assert [row["pair"] for row in table.rows] == ["gpt_vit", "bert_resnet", "bert_vit"]
        assert sorted(table.chances.values()) == [1 / 3, 0.45]
    assert (found[0].left_out, found[1].left_out) == (7, 0)


def test_the_matrix_drawn_is_that_of_the_best_pair_for_the_article_type():
    matrix = best_confusion(classified(TABLES), MATRICES)
    assert (matrix.pair, matrix.attribute, matrix.names) == ("bert_resnet", "articleType", NAMES)
    np.testing.assert_array_equal(matrix.counts, np.diag([10, 10, 10]))
    np.testing.assert_array_equal(matrix.shares, np.eye(3))
    best = {**TABLES, "bert_vit": zero_shot_of(0.9)}
    matrix = best_confusion(classified(best), MATRICES)
    assert matrix.pair == "bert_vit"
    np.testing.assert_array_equal(matrix.counts, 10 * np.roll(np.eye(3), 1, axis=1))


def test_without_the_article_type_the_first_attribute_is_drawn():
    tables = {pair: rows[rows["attribute"] == "gender"] for pair, rows in TABLES.items()}
    assert best_confusion(classified(tables), MATRICES).attribute == "gender"
    nothing = {pair: rows.assign(products=0, accuracy=np.nan) for pair, rows in TABLES.items()}
    assert best_confusion(classified(nothing), MATRICES) is None


def test_classes_that_nothing_is_or_is_taken_for_are_not_drawn():
    cells = MATRICES["bert_resnet"]
    gone = (cells["actual"] == "other") | (cells["predicted"] == "other")
    matrices = {**MATRICES, "bert_resnet": cells.assign(products=cells["products"].mask(gone, 0))}
    matrix = best_confusion(classified(TABLES), matrices)
    assert matrix.names == NAMES[:2]
    assert matrix.counts.tolist() == [[10, 0], [0, 10]]


def test_every_number_of_the_section_is_that_of_the_tables(evidence):
    html = page(evidence)
    rows = re.findall(ROW, html, re.S)
    assert len(rows) == 3 * 2
    for pair, attribute, cells in rows:
        expected = TABLES[pair].set_index("attribute").loc[attribute]
        found = re.findall(CELL, cells, re.S)
        assert [metric for metric, _, _ in found] == ["accuracy", "macro_f1", "weighted_f1"]
        for metric, value, shown in found:
            assert float(value) == expected[metric]
            assert percent(expected[metric]) in shown
        low, high = (percent(expected[f"accuracy_{end}"]) for end in ("low", "high"))
        assert re.search(rf"{float(low):.1f}\d*–{float(high):.1f}\d*", cells)
    assert html.count("chance: commonest class") == 2
    assert "100 products, 7 without a value left out" in html


def test_the_matrix_is_a_table_with_named_rows_and_columns(evidence):
    (table,) = re.findall(r'<table class="confusion">.*?</table>', page(evidence), re.S)
    columns = re.findall(r'<th scope="col"><span>(.*?)</span>', table)
    rows = re.findall(r'<th scope="row">(.*?)</th>', table)
    assert columns == rows == ["Shirts", "Caps &amp; Hats", "other"]
    cells = re.findall(r"<td[^>]*--share:([\d.]+)[^>]*>(\d+)</td>", table)
    assert [int(count) for _, count in cells] == [10, 0, 0, 0, 10, 0, 0, 0, 10]
    assert {share for share, count in cells if count == "10"} == {"1.000"}
    assert table.count('class="right"') == 3


@pytest.mark.parametrize("column", ["actual", "predicted"])
def test_class_names_are_never_markup(evidence, column):
    attack = "<script>alert(1)</script>"
    renamed = {
        pair: rows.replace({"actual": {"Shirts": attack}, "predicted": {"Shirts": attack}})
        for pair, rows in MATRICES.items()
    }
    html = page(evidence, confusions=renamed)
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_an_attribute_without_values_has_dashes(evidence):
    scores = ["accuracy", "accuracy_low", "accuracy_high", "macro_f1", "weighted_f1"]
    hole = dict.fromkeys([*scores, "chance_commonest", "chance_uniform"], np.nan)
    bare = {pair: rows.assign(products=0, left_out=100, **hole) for pair, rows in TABLES.items()}
    html = page(evidence, zero_shots=bare)
    assert "0 products, 100 without a value left out" in html
    assert "nan%" not in html
    assert ">nan<" not in html
    assert '<table class="confusion">' not in html


def test_without_attributes_there_is_no_section(evidence):
    empty = {pair: pd.DataFrame(columns=rows.columns) for pair, rows in TABLES.items()}
    assert 'id="zero-shot"' in page(evidence)
    assert 'id="zero-shot"' not in page(evidence, zero_shots=empty)


def test_a_catalogue_that_was_only_scored_is_named_as_such(evidence):
    told = "the pairs were trained before, and are"
    assert told not in page(evidence)
    elsewhere = evidence.examples.assign(split="held_out")
    html = page(evidence, examples=elsewhere)
    assert told in html
    assert "measured on examples of that training" in html
    batches = re.findall(r"<td>3 of 3</td><td>(\d+)</td>", html)
    assert batches == ["8", "4", "8"]
