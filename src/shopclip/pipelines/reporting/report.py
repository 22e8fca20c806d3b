"""The report: one HTML page with everything in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from shopclip.figures.curves_chart import curves_chart
from shopclip.figures.leaderboard_chart import leaderboard_chart
from shopclip.figures.map_chart import map_chart
from shopclip.figures.style import DARK, LIGHT, color_numbers
from shopclip.figures.themed_svg import themed_svg
from shopclip.figures.where_chart import where_charts
from shopclip.metrics.collapse import explain
from shopclip.metrics.geometry import HUBNESS_SAMPLE
from shopclip.metrics.scoring import (
    CEILINGS,
    CHANCES,
    DIRECTIONS,
    PRIMARY,
    PROTOCOLS,
    SCORES,
    percent,
    percent_interval,
    place,
)
from shopclip.pipelines.reporting.experiment import Experiment, versions
from shopclip.pipelines.reporting.leaderboard import (
    BENCHMARK_GALLERY,
    BENCHMARK_SOURCE,
    PUBLISHED,
    PUBLISHED_BENCHMARK,
    headline_rows,
)
from shopclip.pipelines.reporting.retrievals import data_uri, misses_of, retrieved_for
from shopclip.pipelines.reporting.sections import (
    catalogue_facts,
    diagnostics_table,
    hubs_of,
    rejects,
    training_facts,
)
from shopclip.pipelines.reporting.signs import signs_of, trained_here, validated
from shopclip.pipelines.reporting.task_sections import (
    ATTRIBUTE_METRICS,
    CAPTION_METRICS,
    benchmark_section,
    best_confusion,
    classified,
)
from shopclip.pipelines.reporting.verdict import (
    SAME_CAPTION,
    headline_comparisons,
    same_caption_tables,
    verdict,
)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that a report rests on; tables of the pairs by the pair's name.

    Attributes:
        images: uint8 (n, height, width, 3), the image store.
        catalogue_facts: `name`, `synthetic`, and how many `rows`, `usable`, `drawn`.
    """

    leaderboard: pd.DataFrame
    scores: pd.DataFrame
    comparisons: pd.DataFrame
    towers: Mapping[str, Mapping[str, Any]]
    training_logs: Mapping[str, pd.DataFrame]
    epoch_logs: Mapping[str, pd.DataFrame]
    diagnostics: Mapping[str, Mapping[str, Any]]
    retrievals: Mapping[str, pd.DataFrame]
    zero_shots: Mapping[str, pd.DataFrame]
    confusions: Mapping[str, pd.DataFrame]
    benchmarks: Mapping[str, pd.DataFrame]
    maps: Mapping[str, pd.DataFrame]
    breakdowns: Mapping[str, pd.DataFrame]
    hubs: Mapping[str, pd.DataFrame]
    examples: pd.DataFrame
    images: np.ndarray
    rejected_products: pd.DataFrame
    rejected_images: pd.DataFrame
    catalogue_facts: Mapping[str, Any]
    parameters: Mapping[str, Any]


def render_report(evidence: Evidence, today: date | None = None, command: str | None = None) -> str:
    """The page as HTML, without a reference to anything outside it.

    Args:
        command: by which it was written; None where it was none.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__ or "", "."),
        autoescape=True,  # captions are anybody's
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": percent,
        "data_uri": data_uri,
        "place": place,
        "svg": themed_svg,
    }
    environment.globals |= {"interval": percent_interval}
    page = environment.get_template("report.html.j2")
    return page.render(_content(evidence), today=today or date.today(), command=command)


def _content(evidence: Evidence) -> dict[str, Any]:
    leaderboard, examples, logs = evidence.leaderboard, evidence.examples, evidence.training_logs
    epoch_logs, diagnostics = evidence.epoch_logs, evidence.diagnostics
    experiment = Experiment.read(evidence.parameters)
    confidence = experiment.evaluation.confidence
    synthetic = bool(evidence.catalogue_facts["synthetic"])
    return {
        "verdict": verdict(
            leaderboard, evidence.comparisons, confidence=confidence, synthetic=synthetic
        ),
        "synthetic": synthetic,
        "facts": catalogue_facts(evidence.catalogue_facts, examples, evidence.towers, experiment),
        "training": training_facts(logs, epoch_logs, examples, evidence.towers, experiment),
        "experiment": experiment,
        "tables": {
            protocol: leaderboard[leaderboard["protocol"] == protocol] for protocol in PROTOCOLS
        },
        "same_caption": same_caption_tables(evidence.scores),
        "same_caption_names": SAME_CAPTION,
        "comparisons": headline_comparisons(evidence.comparisons, leaderboard),
        "untrained": sorted(pair for pair, log in logs.items() if log.empty),
        "validated": validated(examples),
        "trained_before": not trained_here(examples) and any(len(log) for log in logs.values()),
        "diagnostics": diagnostics_table(diagnostics, logs),
        "hubness_sample": HUBNESS_SAMPLE,
        "collapsed": {
            pair: explain(signs)
            for pair, signs in sorted(diagnostics.items())
            if signs["collapsed"]
        },
        "queries": retrieved_for(evidence.retrievals, examples),
        "images": evidence.images,
        "rejects": rejects(evidence.rejected_products, evidence.rejected_images),
        "versions": versions(),
        "colours": color_numbers(logs),
        "palettes": {"light": LIGHT, "dark": DARK},
        "directions": DIRECTIONS,
        "score_names": SCORES,
        "bounds": {"chance": CHANCES, "best possible": CEILINGS},
        "published": PUBLISHED,
        **_charts(evidence),
        **_of_queries(evidence),
        **_of_answers(evidence),
    }


def _charts(evidence: Evidence) -> dict[str, Any]:
    """Those of training only where any pair was trained."""
    rows = headline_rows(evidence.leaderboard)
    first, logs = rows.iloc[0], evidence.training_logs
    charts: dict[str, Any] = {
        "scores": leaderboard_chart(rows),
        "where": where_charts(
            evidence.breakdowns, protocol=first["protocol"], chance=float(first[CHANCES[PRIMARY]])
        ),
        "map": map_chart(evidence.maps),
        "curves": None,
        "signs": None,
    }
    if any(len(log) for log in logs.values()):
        charts["curves"] = curves_chart(logs)
        charts["signs"] = signs_of(evidence.epoch_logs, evidence.examples)
    return charts


def _of_answers(evidence: Evidence) -> dict[str, Any]:
    """Where the pairs are wrong, in pictures."""
    return {
        "misses": misses_of(evidence.retrievals, evidence.examples),
        "hubs": hubs_of(evidence.hubs),
        "gallery": int(headline_rows(evidence.leaderboard)["gallery"].iloc[0]),
    }


def _of_queries(evidence: Evidence) -> dict[str, Any]:
    """What the pairs were asked besides the captions of the catalogue."""
    attributes = classified(evidence.zero_shots)
    return {
        "attributes": attributes,
        "confusion": best_confusion(attributes, evidence.confusions),
        "benchmark": benchmark_section(evidence.benchmarks),
        "caption_metrics": CAPTION_METRICS,
        "attribute_metrics": ATTRIBUTE_METRICS,
        "published_benchmark": PUBLISHED_BENCHMARK,
        "benchmark_source": BENCHMARK_SOURCE,
        "benchmark_gallery": BENCHMARK_GALLERY,
    }
