"""The signs of collapse by epoch, a panel a sign and a line a pair."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from shopclip.figures.chart import Chart
from shopclip.figures.signs_chart import Panel, signs_chart
from shopclip.figures.style import color_numbers
from shopclip.metrics.collapse import EFFECTIVE_RANK_THRESHOLD, MEAN_COSINE_THRESHOLD


@dataclass(frozen=True)
class Sign:
    """A column of the epoch logs. Signs that share a `measure` share an axis.

    Attributes:
        collapsed: the values that count as collapsed; None where none do by themselves.
    """

    column: str
    title: str
    measure: str
    collapsed: tuple[float, float] | None = None


SIGNS = (
    Sign("image_mean_cosine", "mean cosine, images", "cosine", (MEAN_COSINE_THRESHOLD, math.inf)),
    Sign("text_mean_cosine", "mean cosine, texts", "cosine", (MEAN_COSINE_THRESHOLD, math.inf)),
    Sign("image_effective_rank", "effective rank, images", "rank", (0.0, EFFECTIVE_RANK_THRESHOLD)),
    Sign("text_effective_rank", "effective rank, texts", "rank", (0.0, EFFECTIVE_RANK_THRESHOLD)),
    Sign("loss_share", "loss as a share of chance", "loss", (MEAN_COSINE_THRESHOLD, math.inf)),
    Sign("hubness", "hubness, text → image", "hubness"),
    Sign("temperature", "temperature", "temperature"),
    Sign("mrr", "MRR, {examples}", "mrr"),
)


def validated(examples: pd.DataFrame) -> bool:
    """Whether epochs were judged by validation examples, which takes two of them."""
    return int((examples["split"] == "validation").sum()) >= 2


def trained_here(examples: pd.DataFrame) -> bool:
    """Whether these examples can be those that the pairs were trained with.

    Not where a catalogue that they never saw is scored: all of it is held out.
    """
    return bool((examples["split"] == "train").any())


def judged_by(examples: pd.DataFrame) -> str:
    """By which examples the towers were judged after every epoch."""
    if not trained_here(examples):
        return "examples of that training"
    return "validation examples" if validated(examples) else "training examples"


def kept_epochs(epoch_logs: Mapping[str, pd.DataFrame], examples: pd.DataFrame) -> dict[str, int]:
    """After how many epochs each trained pair had the weights that it ends with.

    Those of the first epoch with the highest validation MRR, or without validation of the last.
    """
    best = validated(examples)
    return {
        pair: int(log["epoch"].iloc[log["mrr"].argmax() if best else -1]) + 1
        for pair, log in sorted(epoch_logs.items())
        if len(log)
    }


def sign_panels(epoch_logs: Mapping[str, pd.DataFrame], examples: pd.DataFrame) -> list[Panel]:
    """A panel for each of `SIGNS`; none where no pair was trained."""
    logs = {
        pair: log.assign(loss_share=log["loss"] / log["chance_loss"]).set_index(log["epoch"] + 1)
        for pair, log in sorted(epoch_logs.items())
        if len(log)
    }
    return [_panel(sign, logs, judged_by(examples)) for sign in SIGNS if logs]


def signs_of(epoch_logs: Mapping[str, pd.DataFrame], examples: pd.DataFrame) -> Chart:
    """The chart of them, markers at the epochs whose weights the pairs end with."""
    return signs_chart(
        sign_panels(epoch_logs, examples),
        kept=kept_epochs(epoch_logs, examples),
        numbers=color_numbers(epoch_logs),
        judged_by=judged_by(examples),
    )


def _panel(sign: Sign, logs: Mapping[str, pd.DataFrame], examples: str) -> Panel:
    lines = {pair: log[sign.column].astype(float) for pair, log in logs.items()}
    shared = [one.column for one in SIGNS if one.measure == sign.measure]
    values = [log[column] for log in logs.values() for column in shared]
    low = min(0.0, *(value.min() for value in values))
    edges = [edge for edge in sign.collapsed or (0.0,) if math.isfinite(edge)]
    high = max(*edges, *(value.max() for value in values))
    high += 0.05 * (high - low) or 1.0  # room for a marker
    band = sign.collapsed and (sign.collapsed[0], min(sign.collapsed[1], high))
    return Panel(sign.title.format(examples=examples), band, lines, low, high)
