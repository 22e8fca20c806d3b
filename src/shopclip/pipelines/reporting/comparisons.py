"""Paired tests: does one pair answer the same queries better than another, or was it luck?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from shopclip.metrics.retrieval import TieGroups, measure
from shopclip.metrics.scoring import DIRECTIONS, MEASURES, PRIMARY, PROTOCOLS
from shopclip.metrics.statistics import holm, paired_difference
from shopclip.parameters import EvaluationParameters

COLUMNS = [
    "protocol",
    "direction",
    "metric",
    "pair",
    "other",
    "difference",
    "low",
    "high",
    "p_value",
    "adjusted_p_value",
    "better",
]


def compare(
    ranks: Mapping[str, Sequence[pd.DataFrame]], parameters: EvaluationParameters
) -> pd.DataFrame:
    """A row a protocol, direction and two pairs: the difference of their MRR@10, `pair` ahead.

    `low` and `high` are ends of its bootstrap interval over captions, `p_value` that of a paired
    permutation test, `adjusted_p_value` that for all the comparisons of the row's protocol (Holm
    1979); `better` is whether the adjusted one is below 1 - confidence.

    Args:
        ranks: of every pair the ranks of its runs, all of the same queries in the same order.
    """
    rows = [row for protocol in PROTOCOLS for row in _of_protocol(ranks, protocol, parameters)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_protocol(
    ranks: Mapping[str, Sequence[pd.DataFrame]], protocol: str, parameters: EvaluationParameters
) -> list[dict[str, object]]:
    rows = list(_uncorrected(ranks, protocol, parameters))
    adjusted = holm(np.array([row["p_value"] for row in rows], dtype=float))
    threshold = 1 - parameters.confidence
    return [
        {**row, "adjusted_p_value": float(p), "better": bool(p < threshold)}
        for row, p in zip(rows, adjusted, strict=True)
    ]


def _uncorrected(
    ranks: Mapping[str, Sequence[pd.DataFrame]], protocol: str, parameters: EvaluationParameters
) -> Iterator[dict[str, object]]:
    for direction in DIRECTIONS:
        found = {
            pair: [_asked(run, protocol, direction) for run in runs] for pair, runs in ranks.items()
        }
        captions = next(iter(found.values()))[0]["caption_id"].to_numpy()
        if not len(captions):
            continue
        scores = {pair: _by_query(runs) for pair, runs in found.items()}
        names = {"protocol": protocol, "direction": direction, "metric": PRIMARY}
        for one, two in combinations(sorted(scores), 2):
            yield {**names, **_difference(one, two, scores, captions, parameters)}


def _asked(ranks: pd.DataFrame, protocol: str, direction: str) -> pd.DataFrame:
    return ranks[(ranks["protocol"] == protocol) & (ranks["direction"] == direction)]


def _difference(
    one: str,
    two: str,
    scores: Mapping[str, np.ndarray],
    captions: np.ndarray,
    parameters: EvaluationParameters,
) -> dict[str, object]:
    difference = scores[one] - scores[two]
    pair, other = (one, two) if difference.mean() >= 0 else (two, one)
    difference = difference if pair == one else -difference
    test = paired_difference(
        difference, captions, resamples=parameters.resamples, confidence=parameters.confidence
    )
    return {"pair": pair, "other": other, **test}


def _by_query(runs: Sequence[pd.DataFrame]) -> np.ndarray:
    """The deciding score of each query, its mean over the runs."""
    return np.mean([_score(run) for run in runs], axis=0)


def _score(ranks: pd.DataFrame) -> np.ndarray:
    groups = TieGroups.of_one_answer(ranks["better"].to_numpy(), ranks["tied"].to_numpy())
    return measure(groups)[MEASURES[PRIMARY]]
