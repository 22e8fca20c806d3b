"""From ranks to shares of hits with bootstrap intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shopclip.dualencoder.ranks import Ranks
from shopclip.parameters import EvaluationParameters

CUTOFFS = {"accuracy": 1, "top10_accuracy": 10, "top100_accuracy": 100}


def score_ranks(group: pd.DataFrame, parameters: EvaluationParameters) -> dict[str, float]:
    """Shares of queries (0 to 1) whose own answer is first, in the top 10, in the top 100.

    Each comes with the ends of its interval (`_low`, `_high`), and with the share that chance
    would find (`chance_`).
    """
    ranks = Ranks(group["better"].to_numpy(), group["tied"].to_numpy())
    gallery = int(group["gallery"].iloc[0])
    scores: dict[str, float] = {"queries": len(group), "gallery": gallery}
    for name, k in CUTOFFS.items():
        hits = ranks.hits(k)
        low, high = interval(hits, parameters)
        scores |= {name: float(hits.mean()), f"{name}_low": low, f"{name}_high": high}
    for name, k in CUTOFFS.items():
        scores[f"chance_{name.removesuffix('_accuracy')}"] = min(1.0, k / gallery)
    return scores


def interval(hits: np.ndarray, parameters: EvaluationParameters) -> tuple[float, float]:
    """Percentile bootstrap over queries of the mean; a point where all hits are the same."""
    from scipy.stats import bootstrap

    if np.ptp(hits) == 0:
        return float(hits[0]), float(hits[0])
    found = bootstrap(
        (hits,), np.mean, n_resamples=parameters.resamples, batch=50, method="percentile",
        confidence_level=parameters.confidence, rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    return float(found.low), float(found.high)
