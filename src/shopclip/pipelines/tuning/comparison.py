"""The best recipe against the default one, on captions that had no part in choosing it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from shopclip.dualencoder import DualEncoder
from shopclip.files.image_store import ImageStore
from shopclip.metrics.ranks import rank_both
from shopclip.metrics.retrieval import TieGroups, measure
from shopclip.metrics.scoring import ACCURACY, DIRECTIONS, MEASURES, PRIMARY
from shopclip.metrics.statistics import holm, paired_difference
from shopclip.parameters import EvaluationParameters

COMPARED = (ACCURACY, PRIMARY)
Scores = Mapping[tuple[str, str], np.ndarray]


def held_out_scores(
    model: DualEncoder, examples: pd.DataFrame, image_store: ImageStore
) -> dict[tuple[str, str], np.ndarray]:
    """By direction and metric, the score of each held-out product among them, float64 (queries,).

    A query's own product alone is right; a caption that several bear is embedded once.
    """
    held_out = examples[examples["split"] == "held_out"]
    images = model.embed_images(image_store.images, held_out["row"].to_numpy())
    captions = held_out["caption"].groupby(held_out["caption_id"]).transform("first")
    rows, distinct = pd.factorize(captions)
    texts = model.embed_captions(list(distinct))[rows]
    scores: dict[tuple[str, str], np.ndarray] = {}
    for direction, ranks in zip(DIRECTIONS, rank_both(images, texts), strict=True):
        values = measure(TieGroups.of_one_answer(ranks.better, ranks.tied))
        scores |= {(direction, metric): values[MEASURES[metric]] for metric in COMPARED}
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
