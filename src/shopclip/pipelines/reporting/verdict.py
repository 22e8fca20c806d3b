"""Which pair leads, said no louder than the paired tests allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from shopclip.metrics.scoring import (
    ACCURACY,
    CHANCES,
    DIRECTIONS,
    HELD_OUT,
    IMAGE_TO_TEXT,
    NAMES,
    PRIMARY,
    PROTOCOLS,
    TEXT_TO_IMAGE,
    percent,
)
from shopclip.pipelines.reporting.leaderboard import headline_rows

SAME_CAPTION = {
    score: NAMES[score]
    for score in (
        "hit_at_1",
        "hit_at_10",
        "recall_at_1",
        "recall_at_10",
        "recall_at_100",
        PRIMARY,
        "map_at_10",
        "ndcg_at_10",
    )
}


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


SOUGHT = {IMAGE_TO_TEXT: ("caption", "pictures"), TEXT_TO_IMAGE: ("picture", "captions")}


class Verdict(NamedTuple):
    """One sentence in two parts, with a colon between them."""

    headline: str
    evidence: str


@dataclass(frozen=True)
class Lead:
    """The first pair of one direction, and the pairs that a paired test can't tell from it."""

    row: pd.Series[Any]
    rivals: tuple[str, ...]

    @property
    def pair(self) -> str:
        return str(self.row["pair"])

    @property
    def above_chance(self) -> bool:
        return bool(self.row[f"{PRIMARY}_low"] > self.row[CHANCES[PRIMARY]])


def verdict(
    leaderboard: pd.DataFrame, comparisons: pd.DataFrame, *, confidence: float, synthetic: bool
) -> Verdict:
    """Judge by MRR@10, of the held-out protocol where there is one."""
    rows = headline_rows(leaderboard)
    leads = [_lead(rows[rows["direction"] == direction], comparisons) for direction in DIRECTIONS]
    headline, reason = _judge(leads, rows["pair"].nunique())
    if synthetic:
        headline += " on this synthetic catalogue"
    if leads[0].row["protocol"] != HELD_OUT:
        headline += ", products trained on included"
    elif leads[0].row["seen"] or leads[1].row["seen"]:
        headline += ", which knew held-out captions from its training"
    return Verdict(headline, f"{_numbers(leads, confidence)}{reason}.")


def _lead(rows: pd.DataFrame, comparisons: pd.DataFrame) -> Lead:
    first = rows.iloc[0]
    tested = comparisons[
        (comparisons["protocol"] == first["protocol"])
        & (comparisons["direction"] == first["direction"])
        & (comparisons["pair"] == first["pair"])
        & comparisons["better"]
    ]
    beaten = set(tested["other"])
    return Lead(first, tuple(pair for pair in rows["pair"].iloc[1:] if pair not in beaten))


def _judge(leads: list[Lead], pairs: int) -> tuple[str, str]:
    """The headline, and what speaks for a winner or against one."""
    first, second = leads
    rivals = " and ".join(dict.fromkeys((*first.rivals, *second.rivals)))
    if not (first.above_chance or second.above_chance):
        return "No pair is clearly above chance", ""
    if pairs == 1:
        return f"{first.pair} has no other pair to compare with", ""
    if first.pair != second.pair:
        return "No clear winner", ""
    if rivals:
        return "No clear winner", f", but paired tests can't tell it from {rivals}"
    if not (first.above_chance and second.above_chance):
        return "No clear winner", ", in one direction not clearly above chance"
    others = "the other pair" if pairs == 2 else "every other pair"
    if first.row["collapsed"]:
        return f"{first.pair} leads", ", though its diagnostics say that it has collapsed"
    return f"{first.pair} leads", f", better than {others} in both directions by paired tests"


def _numbers(leads: list[Lead], confidence: float) -> str:
    first, second = leads
    then = "and" if first.pair == second.pair else f"while {second.pair} puts"
    interval = f"{100 * confidence:g}\N{NO-BREAK SPACE}% interval "
    return f"{first.pair} puts {_found(first, interval)}, {then} {_found(second, '')}"


def _found(lead: Lead, interval: str) -> str:
    row = lead.row
    sought, queries = SOUGHT[row["direction"]]
    kind = "held-out" if row["protocol"] == HELD_OUT else "all"
    share, low, high = (percent(row[f"{ACCURACY}{end}"]) for end in ("", "_low", "_high"))
    return (
        f"the right {sought} first for {share}\N{NO-BREAK SPACE}% of {kind} {queries} "
        f"({interval}{low} to {high}, chance {percent(row[CHANCES[ACCURACY]])})"
    )
