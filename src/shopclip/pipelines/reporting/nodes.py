"""Nodes that put the pairs side by side. What they draw with is imported when they draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from shopclip.files.image_store import ImageStore
from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.reporting.comparisons import compare
from shopclip.pipelines.reporting.leaderboard import compile_rows, compile_scores, headline_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure
else:
    Figure = Any  # Kedro resolves the hints of every node, and matplotlib is slow to load


def compile_leaderboard(**metrics: pd.DataFrame) -> pd.DataFrame:
    """A row a pair, protocol and direction, the best first; shares from 0 to 1."""
    return compile_rows(metrics)


def collect_scores(**metrics: pd.DataFrame) -> pd.DataFrame:
    """Every score of every pair, a row each; the leaderboard is made of some of them."""
    return compile_scores(metrics)


def compare_pairs(parameters: EvaluationParameters, **ranks: pd.DataFrame) -> pd.DataFrame:
    """Paired tests between every two pairs, by protocol and direction.

    Args:
        ranks: of every run, under the name of its pair, a dot, and its number.
    """
    runs: dict[str, list[pd.DataFrame]] = {}
    for name, table in ranks.items():
        runs.setdefault(name.partition(".")[0], []).append(table)
    return compare(runs, parameters)


def draw_leaderboard(leaderboard: pd.DataFrame) -> Figure:
    """MRR@10 of every pair with its interval, between chance and the best possible."""
    from shopclip.figures.leaderboard_chart import leaderboard_chart

    return leaderboard_chart(headline_rows(leaderboard)).figure()


def draw_curves(**training_logs: pd.DataFrame) -> Figure:
    """Smoothed loss of every pair by epoch, and the loss of chance."""
    from shopclip.figures.curves_chart import curves_chart

    return curves_chart(training_logs).figure()


def draw_signs(examples: pd.DataFrame, **of_pairs: pd.DataFrame) -> Figure:
    """The signs of collapse of every pair by epoch.

    Args:
        of_pairs: `epoch_log_` of every pair: a pair's bare name could be that of another input.
    """
    from shopclip.pipelines.reporting.signs import signs_of

    return signs_of(_of_kind("epoch_log_", of_pairs), examples).figure()


def draw_map(**maps: pd.DataFrame) -> Figure:
    """Both towers' embeddings of every pair on one plane."""
    from shopclip.figures.map_chart import map_chart

    return map_chart(maps).figure()


def draw_gallery(
    examples: pd.DataFrame, image_store: ImageStore, **of_pairs: pd.DataFrame
) -> Figure:
    """The pictures that every pair retrieves for the same captions.

    Args:
        of_pairs: `retrievals_` of every pair.
    """
    from shopclip.figures.gallery_chart import gallery_chart
    from shopclip.pipelines.reporting.retrievals import retrieved_for

    retrievals = _of_kind("retrievals_", of_pairs)
    return gallery_chart(retrieved_for(retrievals, examples), image_store.images).figure()


def write_model_card(
    leaderboard: pd.DataFrame,
    examples: pd.DataFrame,
    catalogue_facts: dict[str, Any],
    parameters: dict[str, Any],
    **of_pair: Any,
) -> str:
    """Markdown with YAML front matter, as the Hugging Face hub reads it.

    Args:
        of_pair: `diagnostics_`, `training_log_` and `trained_captions_` of one pair.
    """
    from shopclip.pipelines.reporting.model_card import CardEvidence, render_model_card

    pair = next(
        name.removeprefix("diagnostics_") for name in of_pair if name.startswith("diagnostics_")
    )
    evidence = CardEvidence(
        pair=pair,
        leaderboard=leaderboard,
        examples=examples,
        catalogue_facts=catalogue_facts,
        parameters=parameters,
        **{name.removesuffix(f"_{pair}"): table for name, table in of_pair.items()},
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
    **of_pairs: Any,
) -> str:
    """One HTML page that needs nothing else.

    Args:
        of_pairs: `training_log_`, `epoch_log_`, `diagnostics_`, `retrievals_`, `zero_shot_`,
            `confusions_`, `benchmark_`, `map_`, `breakdown_` and `hubs_` of every pair.
    """
    from shopclip.pipelines.reporting.experiment import kedro_command
    from shopclip.pipelines.reporting.report import Evidence, render_report

    evidence = Evidence(
        leaderboard=leaderboard,
        scores=scores,
        comparisons=comparisons,
        training_logs=_of_kind("training_log_", of_pairs),
        epoch_logs=_of_kind("epoch_log_", of_pairs),
        diagnostics=_of_kind("diagnostics_", of_pairs),
        retrievals=_of_kind("retrievals_", of_pairs),
        zero_shots=_of_kind("zero_shot_", of_pairs),
        confusions=_of_kind("confusions_", of_pairs),
        benchmarks=_of_kind("benchmark_", of_pairs),
        maps=_of_kind("map_", of_pairs),
        breakdowns=_of_kind("breakdown_", of_pairs),
        hubs=_of_kind("hubs_", of_pairs),
        examples=examples,
        images=image_store.images,
        rejected_products=rejected_products,
        rejected_images=rejected_images,
        catalogue_facts=catalogue_facts,
        parameters=parameters,
    )
    return render_report(evidence, command=kedro_command())


def _of_kind(prefix: str, of_pairs: dict[str, Any]) -> dict[str, Any]:
    """The datasets of one kind by the name of their pair."""
    return {
        name.removeprefix(prefix): data
        for name, data in of_pairs.items()
        if name.startswith(prefix)
    }
