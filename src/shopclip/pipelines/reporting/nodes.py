"""Nodes that put the pairs side by side. What they draw with is imported when they draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from shopclip.files.image_store import ImageStore
from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.reporting.comparisons import compare
from shopclip.pipelines.reporting.leaderboard import compile_rows, compile_scores, headline_rows
from shopclip.tables.results import Results, by_pair

if TYPE_CHECKING:
    from matplotlib.figure import Figure
else:
    Figure = Any  # Kedro resolves the hints of every node, and matplotlib is slow to load


def compile_leaderboard(*results: Results) -> pd.DataFrame:
    """A row a pair, protocol and direction, the best first; shares from 0 to 1."""
    return compile_rows(by_pair(results, "metrics"))


def collect_scores(*results: Results) -> pd.DataFrame:
    """Every score of every pair, a row each; the leaderboard is made of some of them."""
    return compile_scores(by_pair(results, "metrics"))


def compare_pairs(parameters: EvaluationParameters, *results: Results) -> pd.DataFrame:
    """Paired tests between every two pairs, by protocol and direction."""
    return compare({of_pair.pair: of_pair.runs("ranks") for of_pair in results}, parameters)


def draw_leaderboard(leaderboard: pd.DataFrame) -> Figure:
    """MRR@10 of every pair with its interval, between chance and the best possible."""
    from shopclip.figures.leaderboard_chart import leaderboard_chart

    return leaderboard_chart(headline_rows(leaderboard)).figure()


def draw_curves(*results: Results) -> Figure:
    """Smoothed loss of every pair by epoch, and the loss of chance."""
    from shopclip.figures.curves_chart import curves_chart

    return curves_chart(by_pair(results, "training_log")).figure()


def draw_signs(examples: pd.DataFrame, *results: Results) -> Figure:
    """The signs of collapse of every pair by epoch."""
    from shopclip.pipelines.reporting.signs import signs_of

    return signs_of(by_pair(results, "epoch_log"), examples).figure()


def draw_map(*results: Results) -> Figure:
    """Both towers' embeddings of every pair on one plane."""
    from shopclip.figures.map_chart import map_chart

    return map_chart(by_pair(results, "map")).figure()


def draw_gallery(examples: pd.DataFrame, image_store: ImageStore, *results: Results) -> Figure:
    """The images that every pair retrieves for the same captions."""
    from shopclip.figures.gallery_chart import gallery_chart
    from shopclip.pipelines.reporting.retrievals import retrieved_for

    queries = retrieved_for(by_pair(results, "retrievals"), examples)
    return gallery_chart(queries, image_store.images).figure()


def write_model_card(
    leaderboard: pd.DataFrame,
    examples: pd.DataFrame,
    catalogue_facts: dict[str, Any],
    parameters: dict[str, Any],
    results: Results,
) -> str:
    """Markdown with YAML front matter, as the Hugging Face hub reads it."""
    from shopclip.pipelines.reporting.model_card import CardEvidence, render_model_card

    evidence = CardEvidence(
        pair=results.pair,
        leaderboard=leaderboard,
        examples=examples,
        catalogue_facts=catalogue_facts,
        parameters=parameters,
        towers=results["towers"],
        diagnostics=results["diagnostics"],
        training_log=results["training_log"],
        trained_captions=results["trained_captions"],
    )
    return render_model_card(evidence)


def write_report(
    leaderboard: pd.DataFrame,
    scores: pd.DataFrame,
    comparisons: pd.DataFrame,
    examples: pd.DataFrame,
    image_store: ImageStore,
    rejected_products: pd.DataFrame,
    rejected_images: pd.DataFrame,
    catalogue_facts: dict[str, Any],
    parameters: dict[str, Any],
    *results: Results,
) -> str:
    """One HTML page that needs nothing else."""
    from shopclip.pipelines.reporting.experiment import kedro_command
    from shopclip.pipelines.reporting.report import Evidence, render_report

    evidence = Evidence(
        leaderboard=leaderboard,
        scores=scores,
        comparisons=comparisons,
        towers=by_pair(results, "towers"),
        training_logs=by_pair(results, "training_log"),
        epoch_logs=by_pair(results, "epoch_log"),
        diagnostics=by_pair(results, "diagnostics"),
        retrievals=by_pair(results, "retrievals"),
        zero_shots=by_pair(results, "zero_shot"),
        confusions=by_pair(results, "confusions"),
        benchmarks=by_pair(results, "benchmark"),
        maps=by_pair(results, "map"),
        breakdowns=by_pair(results, "breakdown"),
        hubs=by_pair(results, "hubs"),
        examples=examples,
        images=image_store.images,
        rejected_products=rejected_products,
        rejected_images=rejected_images,
        catalogue_facts=catalogue_facts,
        parameters=parameters,
    )
    return render_report(evidence, command=kedro_command())
