"""The scores of several right answers, and the paired tests, as the report tells them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from shopclip.pipelines.reporting.leaderboard import headline_rows
from shopclip.scoring import DIRECTIONS, NAMES, PRIMARY, PROTOCOLS

SAME_CAPTION = {
    score: NAMES[score]
    for score in (
        "hit_at_1", "hit_at_10", "recall_at_1", "recall_at_10", "recall_at_100", PRIMARY,
        "map_at_10", "ndcg_at_10",
    )
}  # fmt: skip


@dataclass(frozen=True)
class SameCaption:
    """Scores of one protocol and direction with all products of a caption as right answers.

    Attributes:
        rows: by pair, then by metric, the row of the scores.
        bounds: `chance` and `ceiling` by metric.
    """

    protocol: str
    direction: str
    queries: int
    gallery: int
    rows: dict[str, dict[str, pd.Series]]
    bounds: dict[str, dict[str, float]]


def same_caption_tables(scores: pd.DataFrame) -> list[SameCaption]:
    """Held out before paper, pairs by their MRR@10."""
    chosen = scores[scores["answers"] == "same_caption"]
    return [
        _table(group, protocol, direction)
        for protocol in PROTOCOLS
        for direction in DIRECTIONS
        if len(
            group := chosen[(chosen["protocol"] == protocol) & (chosen["direction"] == direction)]
        )
    ]


def _table(group: pd.DataFrame, protocol: str, direction: str) -> SameCaption:
    by_pair = {
        str(pair): {str(row["metric"]): row for _, row in rows.iterrows()}
        for pair, rows in group.groupby("pair")
    }
    order = sorted(by_pair, key=lambda pair: -by_pair[pair][PRIMARY]["value"])
    first = by_pair[order[0]]
    bounds = {
        bound: {metric: float(first[metric][bound]) for metric in SAME_CAPTION}
        for bound in ("chance", "ceiling")
    }
    one = group.iloc[0]
    rows = {pair: by_pair[pair] for pair in order}
    return SameCaption(protocol, direction, int(one["queries"]), int(one["gallery"]), rows, bounds)


def headline_comparisons(comparisons: pd.DataFrame, leaderboard: pd.DataFrame) -> pd.DataFrame:
    """The paired tests of the protocol that counts most."""
    protocol = headline_rows(leaderboard)["protocol"].iloc[0]
    return comparisons[comparisons["protocol"] == protocol]
