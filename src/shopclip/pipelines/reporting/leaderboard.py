"""The table that compares the pairs."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from shopclip.directions import DIRECTIONS

PROTOCOLS = ("held_out", "paper")
SCORES = {
    "accuracy": "accuracy",
    "top5_accuracy": "top 5",
    "top10_accuracy": "top 10",
    "top100_accuracy": "top 100",
    "mrr_at_10": "MRR@10",
}
MEDIAN = "median_rank"
CHANCES = {score: f"chance_{score.removesuffix('_accuracy')}" for score in SCORES}
CEILINGS = {score: f"ceiling_{score.removesuffix('_accuracy')}" for score in SCORES}
DECIDING = "mrr_at_10"  # it goes on telling pairs apart where accuracies are near 0 or 1
COLUMNS = [
    "pair",
    "protocol",
    "direction",
    "queries",
    "gallery",
    "seeds",
    *(f"{score}{end}" for score in (*SCORES, MEDIAN) for end in ("", "_low", "_high")),
    *(f"{score}{end}" for score in SCORES for end in ("_seed_low", "_seed_high")),
    *CHANCES.values(),
    *CEILINGS.values(),
    "collapsed",
    "seen",
]
KEY = ["pair", "protocol", "direction"]


def compile_scores(metrics: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every score of every pair, a row each: `pair` and the columns of the metrics."""
    tables = [table.assign(pair=pair) for pair, table in metrics.items()]
    scores = pd.concat(tables, ignore_index=True)
    return scores[["pair", *(column for column in scores if column != "pair")]]


def compile_rows(metrics: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a pair, protocol and direction: held out before paper, then the best first.

    Only of queries whose own answer alone is right. `collapsed` is whether any run has; `seen` the
    share of held-out products whose caption the pair was trained with.
    """
    scores = compile_scores(metrics)
    own = scores[scores["answers"] == "own"].set_index([*KEY, "metric"])
    wide = {
        f"{score}{end}": own[column].xs(score, level="metric")
        for score in (*SCORES, MEDIAN)
        for column, end in _ends(score).items()
    }
    rest = own.xs(DECIDING, level="metric")[["queries", "gallery", "seeds", "seen"]]
    collapsed = own["collapsed"].xs(DECIDING, level="metric") > 0
    rows = pd.DataFrame(wide).join(rest).assign(collapsed=collapsed)
    rows = rows.rename(columns=_renamed()).reset_index()
    order = rows.assign(
        protocol=rows["protocol"].map(PROTOCOLS.index),
        direction=rows["direction"].map(list(DIRECTIONS).index),
        deciding=-rows[DECIDING],
        accuracy=-rows["accuracy"],
    ).sort_values(["protocol", "direction", "deciding", "accuracy", "pair"])
    return rows.loc[order.index, COLUMNS].reset_index(drop=True)


def headline_rows(leaderboard: pd.DataFrame) -> pd.DataFrame:
    """The rows that count most: those of the held-out protocol where there is one."""
    protocol = next(name for name in PROTOCOLS if (leaderboard["protocol"] == name).any())
    return leaderboard[leaderboard["protocol"] == protocol]


def _ends(score: str) -> dict[str, str]:
    interval = {"value": "", "low": "_low", "high": "_high"}
    if score == MEDIAN:
        return interval
    of_runs = {"seed_low": "_seed_low", "seed_high": "_seed_high"}
    return {**interval, **of_runs, "chance": "_chance", "ceiling": "_ceiling"}


def _renamed() -> dict[str, str]:
    chances = {f"{score}_chance": name for score, name in CHANCES.items()}
    return {**chances, **{f"{score}_ceiling": name for score, name in CEILINGS.items()}}
