"""Which pair leads, said no louder than the intervals allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from shopclip.pipelines.reporting.formats import percent
from shopclip.pipelines.reporting.leaderboard import DIRECTIONS, headline_rows

SOUGHT = {"image_to_text": ("caption", "pictures"), "text_to_image": ("picture", "captions")}


class Verdict(NamedTuple):
    """One sentence in two parts, with a colon between them."""

    headline: str
    evidence: str


@dataclass(frozen=True)
class Lead:
    """The first pair of one direction, and the pairs whose intervals reach into its own."""

    row: pd.Series[Any]
    rivals: tuple[str, ...]

    @property
    def pair(self) -> str:
        return str(self.row["pair"])

    @property
    def above_chance(self) -> bool:
        return bool(self.row["top10_accuracy_low"] > self.row["chance_top10"])


def verdict(leaderboard: pd.DataFrame, *, confidence: float, synthetic: bool) -> Verdict:
    """Judge by top-10 accuracy, of the held-out protocol where there is one."""
    rows = headline_rows(leaderboard)
    if rows["chance_top10"].max() >= 1:
        gallery = rows["gallery"].iloc[0]
        return Verdict("Too few to tell", f"the first ten hold the whole gallery of {gallery}.")
    leads = [_lead(rows[rows["direction"] == direction]) for direction in DIRECTIONS]
    headline, objection = _judge(leads, rows["pair"].nunique())
    if synthetic:
        headline += " on this synthetic catalogue"
    if leads[0].row["protocol"] != "held_out":
        headline += ", products trained on included"
    return Verdict(headline, f"{_numbers(leads, confidence)}{objection}.")


def _lead(rows: pd.DataFrame) -> Lead:
    first, others = rows.iloc[0], rows.iloc[1:]
    reaching = others["top10_accuracy_high"] >= first["top10_accuracy_low"]
    return Lead(first, tuple(others.loc[reaching, "pair"]))


def _judge(leads: list[Lead], pairs: int) -> tuple[str, str]:
    """The headline, and what speaks against a winner."""
    first, second = leads
    rivals = " and ".join(dict.fromkeys((*first.rivals, *second.rivals)))
    if not (first.above_chance or second.above_chance):
        return "No pair is clearly above chance", ""
    if pairs == 1:
        return f"{first.pair} has no other pair to compare with", ""
    if first.pair != second.pair:
        return "No clear winner", ""
    if rivals:
        return "No clear winner", f", but its intervals overlap those of {rivals}"
    if not (first.above_chance and second.above_chance):
        return "No clear winner", ", in one direction not clearly above chance"
    if first.row["collapsed"]:
        return f"{first.pair} leads", ", though its diagnostics say that it has collapsed"
    return f"{first.pair} leads", ""


def _numbers(leads: list[Lead], confidence: float) -> str:
    first, second = leads
    then = "and" if first.pair == second.pair else f"while {second.pair} finds"
    interval = f"{100 * confidence:g}\N{NO-BREAK SPACE}% interval "
    return (
        f"{first.pair} finds {_found(first, ' among its first ten', interval)}, "
        f"{then} {_found(second, '', '')}"
    )


def _found(lead: Lead, place: str, interval: str) -> str:
    row = lead.row
    sought, queries = SOUGHT[row["direction"]]
    kind = "held-out" if row["protocol"] == "held_out" else "all"
    share, low, high = (percent(row[f"top10_accuracy{end}"]) for end in ("", "_low", "_high"))
    return (
        f"the right {sought}{place} for {share}\N{NO-BREAK SPACE}% of {kind} {queries} "
        f"({interval}{low} to {high}, chance {percent(row['chance_top10'])})"
    )
