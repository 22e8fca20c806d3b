from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from shopclip.metrics.scoring import percent
from shopclip.pipelines.reporting.leaderboard import PUBLISHED_BENCHMARK
from shopclip.pipelines.reporting.report import render_report
from shopclip.pipelines.reporting.task_sections import (
    ATTRIBUTE_METRICS,
    CAPTION_METRICS,
    benchmark_section,
)
from tests.pipelines.reporting.asked import ACCURACIES, TASKS, benchmark_of

TABLES = {pair: benchmark_of(share) for pair, share in ACCURACIES.items()}
ROW = r'<tr data-pair="(\w+)" data-task="([\w-]+)" data-gallery="([\w ]+)">(.*?)</tr>'
CELL = r'data-metric="(\w+)" data-value="([\d.e-]+)">(.*?)</td>'


def page(evidence, **changes):
    return render_report(replace(evidence, **changes), today=date(2026, 1, 2))


def test_captions_and_attributes_stand_apart_and_the_best_pair_first():
    section = benchmark_section(TABLES)
    assert [(t.task, t.gallery_name) for t in section.captions] == [
        ("text-image", "all products"),
        ("text-image", "held out alone"),
    ]
    for tables in section.attributes.values():
        assert [table.task for table in tables] == list(TASKS[1:])
    assert [row["pair"] for row in section.captions[0].rows] == list(ACCURACIES)


def test_every_number_of_the_section_is_that_of_the_tables(evidence):
    rows = re.findall(ROW, page(evidence), re.S)
    assert len(rows) == 3 * 2 * len(TASKS)
    for pair, task, gallery, cells in rows:
        expected = TABLES[pair].set_index(["task", "gallery_name"]).loc[(task, gallery)]
        metrics = CAPTION_METRICS if task == "text-image" else ATTRIBUTE_METRICS
        found = re.findall(CELL, cells)
        assert [metric for metric, _, _ in found] == list(metrics)
        for metric, value, shown in found:
            assert float(value) == expected[metric]
            assert shown == percent(expected[metric])


def test_contaminated_rows_are_marked_and_explained(evidence):
    clean = page(evidence)
    assert ">contaminated</mark>" not in clean
    assert "<b>Contaminated</b>" not in clean
    html = page(evidence, benchmarks={**TABLES, "bert_vit": benchmark_of(0.4, contaminated=True)})
    marked = {
        (pair, gallery)
        for pair, _, gallery, cells in re.findall(ROW, html, re.S)
        if ">contaminated</mark>" in cells
    }
    assert marked == {("bert_vit", "all products")}
    assert html.count(">contaminated</mark>") == len(TASKS)
    assert "trained with 5 of the queries or their products" in html
    assert "<b>Contaminated</b> pairs" in html
    assert "splits.benchmark</code> and train again" in html


def test_what_others_published_stands_beside_with_its_source(evidence):
    html = page(evidence)
    for row in PUBLISHED_BENCHMARK:
        cells = "".join(f"<td>{number}</td>" for number in row[1:])
        assert f'<tr><th scope="row">{row.model}</th>{cells}</tr>' in html
    assert "marqo-ai/marqo-FashionCLIP" in html
    assert "gallery of 44,434" in html


def test_published_averages_are_those_of_their_recalls():
    for row in PUBLISHED_BENCHMARK:
        mean = (float(row.recall_at_1) + float(row.recall_at_10)) / 2
        assert float(row.avg_recall) == pytest.approx(mean, abs=0.101)


def test_without_a_benchmark_there_is_no_section(evidence):
    empty = {pair: pd.DataFrame(columns=rows.columns) for pair, rows in TABLES.items()}
    assert 'id="benchmark"' in page(evidence)
    html = page(evidence, benchmarks=empty)
    assert 'id="benchmark"' not in html
    assert "FashionSigLIP" not in html
