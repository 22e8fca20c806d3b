"""The result of a tuning in a few lines that say no more than the tests allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from shopclip.metrics.scoring import ACCURACY, DIRECTIONS, NAMES, PRIMARY

HEADINGS = {ACCURACY: "first, %", PRIMARY: f"{NAMES[PRIMARY]}, %"}


def summary_lines(tuned: Mapping[str, Any]) -> list[str]:
    """How many trials there were, the best one, and the default recipe beside it."""
    counts, best, default = tuned["trials"], tuned["best"], tuned["default"]
    states = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    validation = f"validation MRR {best['value']:.4f}"
    if best["number"] == default["number"]:
        best_line = f"the default recipe of {best['pair']} is best, {validation}: no trial beat it"
    else:
        best_line = (
            f"trial {best['number']} is best, {best['pair']}: {validation}; "
            f"the best default recipe, {default['pair']}: {default['value']:.4f}"
        )
    return [f"trials: {states}", best_line]


def comparison_lines(comparison: pd.DataFrame, *, confidence: float) -> list[str]:
    """The small table of held-out scores, and whether the difference is more than chance."""
    queries = comparison["queries"].iloc[0]
    lines = [f"{f'held out, {queries:,} products':<26} tuned  default  difference"]
    for row in comparison.to_dict("records"):
        name = f"{DIRECTIONS[row['direction']]}: {HEADINGS[row['metric']]}"
        ends = f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f}"
        lines.append(
            f"{name:<26} {100 * row['tuned']:5.1f}    {100 * row['default']:5.1f}  "
            f"{100 * row['difference']:+.1f} ({ends}), p {row['adjusted_p_value']:.3f}"
        )
    return [*lines, _judge(comparison, confidence)]


def _judge(comparison: pd.DataFrame, confidence: float) -> str:
    how = f"({100 * confidence:g} % intervals over captions, paired tests, Holm)"
    rows = comparison[comparison["distinguishable"]]
    if rows.empty:
        return f"on held-out products the two recipes can't be told apart {how}"
    better, worse = (_scores_of(rows[rows["difference"] * sign > 0]) for sign in (1, -1))
    parts = [f"better in {better}"] if better else []
    parts += [f"worse in {worse}"] if worse else []
    return f"on held-out products the tuned recipe is {' and '.join(parts)} {how}"


def _scores_of(rows: pd.DataFrame) -> str:
    return ", ".join(
        f"{DIRECTIONS[row['direction']]} {NAMES[row['metric']]}" for row in rows.to_dict("records")
    )
