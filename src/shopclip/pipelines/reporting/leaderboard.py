"""The table that compares the pairs."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

PROTOCOLS = ("held_out", "paper")
DIRECTIONS = {"image_to_text": "image → text", "text_to_image": "text → image"}
SCORES = {"accuracy": "accuracy", "top10_accuracy": "top 10", "top100_accuracy": "top 100"}
CHANCES = {score: f"chance_{score.removesuffix('_accuracy')}" for score in SCORES}
COLUMNS = [
    "pair",
    "protocol",
    "direction",
    "queries",
    "gallery",
    *(f"{score}{end}" for score in SCORES for end in ("", "_low", "_high")),
    *CHANCES.values(),
    "collapsed",
]


def compile_rows(metrics: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every pair's metrics in one table: held out before paper, then the best top 10 first."""
    rows = pd.concat(
        [table.assign(pair=pair) for pair, table in metrics.items()], ignore_index=True
    )
    order = rows.assign(
        protocol=rows["protocol"].map(PROTOCOLS.index),
        direction=rows["direction"].map(list(DIRECTIONS).index),
        top10_accuracy=-rows["top10_accuracy"],
        accuracy=-rows["accuracy"],
    ).sort_values(["protocol", "direction", "top10_accuracy", "accuracy", "pair"])
    return rows.loc[order.index, COLUMNS].reset_index(drop=True)


def headline_rows(leaderboard: pd.DataFrame) -> pd.DataFrame:
    """The rows that count most: those of the held-out protocol where there is one."""
    protocol = next(name for name in PROTOCOLS if (leaderboard["protocol"] == name).any())
    return leaderboard[leaderboard["protocol"] == protocol]
