"""The best recipe against the default one, on captions that had no part in choosing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from shopclip.dualencoder import DualEncoder
from shopclip.files.image_store import ImageStore
from shopclip.metrics.ranks import rank_both
from shopclip.metrics.retrieval import TieGroups, measure
from shopclip.metrics.scoring import ACCURACY, DIRECTIONS, MEASURES, NAMES, PRIMARY
from shopclip.metrics.statistics import holm, paired_difference
from shopclip.parameters import EvaluationParameters

HEADINGS = {ACCURACY: "first, %", PRIMARY: f"{NAMES[PRIMARY]}, %"}


def found_lines(tuned: Mapping[str, Any]) -> list[str]:
    """How many trials there were, the best one, and the default recipe beside it."""
    counts, best, default = tuned["trials"], tuned["best"], tuned["default"]
    states = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    validation = f"validation MRR {best['value']:.4f}"
    if best["number"] == default["number"]:
        told = f"the default recipe of {best['pair']} is best, {validation}: no trial beat it"
    else:
        told = (
            f"trial {best['number']} is best, {best['pair']}: {validation}; "
            f"the best default recipe, {default['pair']}: {default['value']:.4f}"
        )
    return [f"trials: {states}", told]


def comparison_lines(comparison: pd.DataFrame, *, confidence: float) -> list[str]:
    """The small table of held-out scores, and whether the difference is more than chance."""
    queries = comparison["queries"].iloc[0]
    lines = [f"{f'held out, {queries:,} products':<26} tuned  default  difference"]
    for row in comparison.to_dict("records"):
        name = f"{DIRECTIONS[row['direction']]}: {HEADINGS[row['metric']]}"
        ends = f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f}"
        lines.append(
            f"{name:<26} {100 * row['tuned']:5.1f}    {100 * row['default']:5.1f}  "
            f"{100 * row['difference']:+.1f} ({ends}), p {row['adjusted_p_value']:.3f}"
        )
    return [*lines, _judge(comparison, confidence)]


def _judge(comparison: pd.DataFrame, confidence: float) -> str:
    how = f"({100 * confidence:g} % intervals over captions, paired tests, Holm)"
    told = comparison[comparison["distinguishable"]]
    if told.empty:
        return f"on held-out products the two recipes can't be told apart {how}"
    better, worse = (_named(told[told["difference"] * sign > 0]) for sign in (1, -1))
    parts = [f"better in {better}"] if better else []
    parts += [f"worse in {worse}"] if worse else []
    return f"on held-out products the tuned recipe is {' and '.join(parts)} {how}"


def _named(rows: pd.DataFrame) -> str:
    return ", ".join(
        f"{DIRECTIONS[row['direction']]} {NAMES[row['metric']]}" for row in rows.to_dict("records")
    )


COMPARED = (ACCURACY, PRIMARY)
Scores = Mapping[tuple[str, str], np.ndarray]


def held_out_scores(
    model: DualEncoder, examples: pd.DataFrame, image_store: ImageStore
) -> dict[tuple[str, str], np.ndarray]:
    """By direction and metric, the score of each held-out product among them, float64 (queries,).

    A query's own product alone is right; a caption that several bear is embedded once.
    """
    asked = examples[examples["split"] == "held_out"]
    images = model.embed_images(image_store.images, asked["row"].to_numpy())
    captions = asked["caption"].groupby(asked["caption_id"]).transform("first")
    rows, distinct = pd.factorize(captions)
    texts = model.embed_captions(list(distinct))[rows]
    scores: dict[tuple[str, str], np.ndarray] = {}
    for direction, ranks in zip(DIRECTIONS, rank_both(images, texts), strict=True):
        measured = measure(TieGroups.of_one_answer(ranks.better, ranks.tied))
        scores |= {(direction, score): measured[MEASURES[score]] for score in COMPARED}
    return scores


def compare(
    tuned: Scores, default: Scores, captions: np.ndarray, parameters: EvaluationParameters
) -> pd.DataFrame:
    """A row a direction and metric: both means, and their difference, tuned minus default.

    `low` and `high` are ends of its bootstrap interval over captions, `p_value` that of a paired
    permutation test, `adjusted_p_value` that for all rows (Holm 1979); `distinguishable` is whether
    the adjusted one is below 1 - confidence.

    Args:
        captions: integer (queries,), the caption of each query.
    """
    rows = [
        {
            "direction": direction,
            "metric": metric,
            "queries": len(captions),
            "tuned": float(tuned[direction, metric].mean()),
            "default": float(default[direction, metric].mean()),
            **paired_difference(
                tuned[direction, metric] - default[direction, metric],
                captions,
                resamples=parameters.resamples,
                confidence=parameters.confidence,
            ),
        }
        for direction, metric in tuned
    ]
    table = pd.DataFrame(rows)
    adjusted = holm(table["p_value"].to_numpy())
    return table.assign(
        adjusted_p_value=adjusted, distinguishable=adjusted < 1 - parameters.confidence
    )
