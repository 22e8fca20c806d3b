"""Numbers as people read them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

DIRECTIONS = {"image_to_text": "image → text", "text_to_image": "text → image"}
IMAGE_TO_TEXT, TEXT_TO_IMAGE = DIRECTIONS

HELD_OUT, PAPER = "held_out", "paper"
PROTOCOLS = (HELD_OUT, PAPER)  # the one that counts most is first

ACCURACY, TOP10, TOP100 = "accuracy", "top10_accuracy", "top100_accuracy"
MEDIAN = "median_rank"
PRIMARY = "mrr_at_10"  # it goes on telling pairs apart where accuracies are near 0 or 1

# Of queries with one right answer: what the paper calls accuracy is recall at 1, and so on.
MEASURES = {
    ACCURACY: "recall_at_1",
    "top5_accuracy": "recall_at_5",
    TOP10: "recall_at_10",
    TOP100: "recall_at_100",
    PRIMARY: PRIMARY,
}
NAMES = {
    ACCURACY: "accuracy",
    "top5_accuracy": "top 5",
    TOP10: "top 10",
    TOP100: "top 100",
    **{f"{kind}_at_{k}": f"{kind}@{k}" for kind in ("hit", "recall") for k in (1, 5, 10, 100)},
    **{f"precision_at_{k}": f"precision@{k}" for k in (1, 10)},
    PRIMARY: "MRR@10",
    "map_at_10": "MAP@10",
    "ndcg_at_10": "nDCG@10",
}
SCORES = {score: NAMES[score] for score in MEASURES}

# Columns of the leaderboard: what towers that see nothing score, and what perfect ones do.
CHANCES = {score: f"chance_{score.removesuffix('_accuracy')}" for score in SCORES}
CEILINGS = {score: f"ceiling_{score.removesuffix('_accuracy')}" for score in SCORES}


def headline_protocol(protocols: Collection[str]) -> str:
    """The protocol that counts most of those that there are, at least one."""
    return next(name for name in PROTOCOLS if name in protocols)


def standing(row: Mapping[Any, Any]) -> tuple[int, int, float, float, str]:
    """What the leaderboard is sorted by: protocol, direction, then the best pair first.

    Args:
        row: of the leaderboard; its scores may be text, as a CSV file has them.
    """
    return (
        PROTOCOLS.index(row["protocol"]),
        list(DIRECTIONS).index(row["direction"]),
        -float(row[PRIMARY]),
        -float(row[ACCURACY]),
        str(row["pair"]),
    )


def best_first(leaderboard: Iterable[Mapping[Any, Any]], direction: str) -> list[str]:
    """The pairs from the best on: by the primary score of the headline protocol.

    Args:
        leaderboard: its rows, in any order; see `standing`.

    Raises:
        KeyError, ValueError: rows lack a column of `standing`, or hold no numbers.
    """
    rows = sorted((row for row in leaderboard if row["direction"] == direction), key=standing)
    return [str(row["pair"]) for row in rows if row["protocol"] == rows[0]["protocol"]]


def percent(share: float) -> str:
    """A share in percent without the sign; small ones keep two significant digits."""
    return f"{100 * share:.{decimals(share)}f}"


def percent_interval(low: float, high: float, share: float) -> str:
    """The ends of an interval in percent, as exact as the share they stand beside.

    Empty where both are the same: a bootstrap of equal hits says nothing of their spread.
    """
    if low == high:
        return ""
    digits = decimals(share)
    return f"{100 * low:.{digits}f}–{100 * high:.{digits}f}"


def decimals(share: float) -> int:
    value = abs(100 * share)
    if value >= 9.995:
        return 1
    return 2 if value == 0 or value >= 0.1 else math.ceil(-math.log10(value)) + 1


def optional(value: float | None, form: str) -> str:
    """A number in a format, or a dash where there is none."""
    return "–" if value is None or math.isnan(value) else format(value, form)


def place(rank: float) -> str:
    """A median rank; halves arise between two queries."""
    return f"{rank:,.1f}".removesuffix(".0")
