"""Recall, MRR, MAP and nDCG of queries with one right answer or many; ties in expectation.

Items that are equally similar to a query have no order. Every metric here is its mean over all
orders of them, in closed form (McSherry and Najork 2008, Computing Information Retrieval
Performance Measures Efficiently in the Presence of Tied Scores), so that a tower which says the
same of everything scores chance and no more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from shopclip.metrics.ranks import Ranks

CUTOFFS = (1, 5, 10, 100)
TOP = 10  # of MRR, MAP and nDCG


@dataclass(frozen=True)
class TieGroups:
    """Right answers by query, those that tie with each other in one row.

    Attributes:
        query: which query, from 0; rows of a query stand together, the nearest first.
        better: gallery items more similar to the query than the answers of this row.
        tied: items as similar as they are, themselves included.
        relevant: how many of the tied are right answers; at least 1.
    """

    query: Int[np.ndarray, " groups"]
    better: Int[np.ndarray, " groups"]
    tied: Int[np.ndarray, " groups"]
    relevant: Int[np.ndarray, " groups"]

    @classmethod
    def of_one_answer(
        cls, better: Int[np.ndarray, " queries"], tied: Int[np.ndarray, " queries"]
    ) -> TieGroups:
        """From a row a query, each of which has one right answer."""
        return cls(np.arange(len(better)), better, tied, np.ones(len(better), dtype=np.int64))

    @classmethod
    def collect(
        cls,
        query: Int[np.ndarray, " answers"],
        better: Int[np.ndarray, " answers"],
        tied: Int[np.ndarray, " answers"],
    ) -> TieGroups:
        """From a row a right answer, in any order."""
        rows, first, relevant = np.unique(
            np.stack([query, better], axis=1), axis=0, return_index=True, return_counts=True
        )
        return cls(rows[:, 0], rows[:, 1], np.maximum(tied[first], relevant), relevant)


def measure(groups: TieGroups) -> dict[str, Float[np.ndarray, " queries"]]:
    """Every metric of every query.

    `recall_at_k` is right answers found over right answers, `hit_at_k` the chance of at least one,
    `precision_at_k` right answers found over k; `mrr_at_10` one over the place of the first, 0
    beyond the tenth; `map_at_10` and `ndcg_at_10` are divided by what the best order would have,
    so that it has 1; `first_place` is the mean place of the first right answer.
    """
    g, queries = groups, int(groups.query[-1]) + 1 if len(groups.query) else 0

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(g.query, weights=values, minlength=queries)

    answers = total(g.relevant)
    shares = Ranks(g.better, g.tied)
    found = {k: total(g.relevant * shares.hits(k)) for k in CUTOFFS}
    first, hits, mrr = _first_answers(g)
    gain, precision = _discounted_gain(g), _summed_precision(g)
    best = np.minimum(answers, TOP)
    ideal = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(2, TOP + 2)))])
    metrics = {
        **{f"recall_at_{k}": found[k] / answers for k in CUTOFFS},
        **{f"hit_at_{k}": hits[k] for k in CUTOFFS},
        **{f"precision_at_{k}": found[k] / k for k in (1, TOP)},
        f"mrr_at_{TOP}": mrr,
        f"map_at_{TOP}": total(precision) / best,
        f"ndcg_at_{TOP}": total(gain) / ideal[best.astype(int)],
    }
    bounded = {name: np.clip(values, 0.0, 1.0) for name, values in metrics.items()}
    return {**bounded, "first_place": first}


def _first_answers(g: TieGroups) -> tuple[np.ndarray, dict[int, np.ndarray], np.ndarray]:
    """By query: mean place of the first right answer, chance of a hit, mean reciprocal place."""
    nearest = np.flatnonzero(np.diff(g.query, prepend=-1))
    better, tied, relevant = g.better[nearest], g.tied[nearest], g.relevant[nearest]
    hits = {k: np.zeros(len(nearest)) for k in CUTOFFS}
    reciprocal = np.zeros(len(nearest))
    missed = np.ones(len(nearest))  # chance that the tied places so far hold no right answer
    for step in range(1, max(CUTOFFS) + 1):
        place, left = better + step, tied - step + 1
        found = np.where(left > 0, missed * relevant / np.maximum(left, 1), 0.0)
        for k, chance in hits.items():
            chance += np.where(place <= k, found, 0.0)
        reciprocal += np.where(place <= TOP, found / place, 0.0)
        missed = np.maximum(missed - found, 0.0)
    return better + (tied + 1) / (relevant + 1), hits, reciprocal


def _discounted_gain(g: TieGroups) -> np.ndarray:
    gain = np.zeros(len(g.query))
    for step in range(1, TOP + 1):
        place = g.better + step
        counts = (place <= TOP) & (step <= g.tied)
        gain += np.where(counts, g.relevant / g.tied / np.log2(place + 1), 0.0)
    return gain


def _summed_precision(g: TieGroups) -> np.ndarray:
    """Precision at each right answer among the first ten, summed by group.

    The i-th tied place is right with chance r / t; then the answers of nearer groups, itself, and
    (i - 1)(r - 1)/(t - 1) of the tied ones before it count.
    """
    before = np.cumsum(g.relevant) - g.relevant
    opening = np.flatnonzero(np.diff(g.query, prepend=-1))
    earlier = before - np.repeat(before[opening], np.diff(np.append(opening, len(before))))
    others = (g.relevant - 1) / np.maximum(g.tied - 1, 1)
    precision = np.zeros(len(g.query))
    for step in range(1, TOP + 1):
        place = g.better + step
        right = earlier + 1 + (step - 1) * others
        counts = (place <= TOP) & (step <= g.tied)
        precision += np.where(counts, g.relevant / g.tied * right / place, 0.0)
    return precision
