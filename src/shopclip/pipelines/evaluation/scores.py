"""From ranks to scores, with intervals, chance and ceiling beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from shopclip.metrics.retrieval import measure
from shopclip.metrics.scoring import IMAGE_TO_TEXT, MEASURES, MEDIAN, PRIMARY, TEXT_TO_IMAGE
from shopclip.metrics.statistics import bootstrap_means, bootstrap_median
from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.evaluation.protocols import (
    Queries,
    captions_of_images,
    images_of_captions,
    own_answers,
)

OWN = {**MEASURES, MEDIAN: "first_place"}
SAME_CAPTION = {
    **{f"{kind}_at_{k}": f"{kind}_at_{k}" for kind in ("recall", "hit") for k in (1, 5, 10, 100)},
    **{name: name for name in ("precision_at_1", "precision_at_10")},
    **{name: name for name in (PRIMARY, "map_at_10", "ndcg_at_10")},
    MEDIAN: "first_place",
}
Ask = Callable[[pd.DataFrame], Queries]


def score_runs(
    ranks: Sequence[pd.DataFrame],
    caption_ranks: Sequence[pd.DataFrame],
    parameters: EvaluationParameters,
) -> pd.DataFrame:
    """A row a protocol, direction, kind of answer and metric.

    Args:
        ranks: those of a pair, one table a seed, all of the same queries in the same order.
        caption_ranks: the same, of captions.
    """
    tables = []
    for protocol in ranks[0]["protocol"].unique():
        captions = [run[run["protocol"] == protocol] for run in caption_ranks]
        images, texts = (
            [run[(run["protocol"] == protocol) & (run["direction"] == to)] for run in ranks]
            for to in (IMAGE_TO_TEXT, TEXT_TO_IMAGE)
        )
        kinds: list[tuple[str, str, Ask, list[pd.DataFrame]]] = [
            (IMAGE_TO_TEXT, "own", own_answers, images),
            (TEXT_TO_IMAGE, "own", own_answers, texts),
            (IMAGE_TO_TEXT, "same_caption", captions_of_images, captions),
            (TEXT_TO_IMAGE, "same_caption", images_of_captions, texts),
        ]
        for direction, answers, ask, runs in kinds:
            names = OWN if answers == "own" else SAME_CAPTION
            scored = _score([ask(run) for run in runs], names, parameters)
            of = {"protocol": protocol, "direction": direction, "answers": answers}
            tables.append(scored.assign(**of))
    return pd.concat(tables, ignore_index=True)


def _score(
    runs: Sequence[Queries], names: dict[str, str], parameters: EvaluationParameters
) -> pd.DataFrame:
    queries = runs[0]
    measured = [_columns(measure(run.groups), names) for run in runs]
    values = np.mean(measured, axis=0)
    low, high = _intervals(values, queries.captions, parameters)
    by_run = np.array([_summary(one) for one in measured])
    chance = _summary(_columns(measure(queries.by_chance()), names))
    return pd.DataFrame(
        {
            "metric": list(names),
            "value": _summary(values),
            "low": low,
            "high": high,
            "seed_low": by_run.min(axis=0),
            "seed_high": by_run.max(axis=0),
            "chance": np.append(chance[:-1], queries.median_by_chance()),
            "ceiling": _summary(_columns(measure(queries.at_best()), names)),
            "queries": len(queries),
            "gallery": queries.gallery,
            "seeds": len(runs),
        }
    )


def _columns(measured: dict[str, np.ndarray], names: dict[str, str]) -> np.ndarray:
    return np.stack([measured[name] for name in names.values()], axis=1)


def _summary(values: np.ndarray) -> np.ndarray:
    """Means over queries, and the median of the last column, which is a place."""
    return np.append(values[:, :-1].mean(axis=0), np.median(values[:, -1]))


def _intervals(
    values: np.ndarray, captions: np.ndarray, parameters: EvaluationParameters
) -> tuple[np.ndarray, np.ndarray]:
    resamples, confidence = parameters.resamples, parameters.confidence
    low, high = bootstrap_means(
        values[:, :-1], captions, resamples=resamples, confidence=confidence
    )
    lowest, highest = bootstrap_median(
        values[:, -1], captions, resamples=resamples, confidence=confidence
    )
    return np.append(low, lowest), np.append(high, highest)
