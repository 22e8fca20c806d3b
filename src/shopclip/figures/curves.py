"""Training logs as lines that can be read side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

POINTS = 240  # enough for any screen, few enough for a page


@dataclass(frozen=True)
class Curve:
    """The smoothed loss of a pair.

    Attributes:
        epochs: float (points,), epochs done.
        losses: float (points,), in nats.
        chance: the loss of towers that see nothing; ln(batch size) where the loss is InfoNCE.
    """

    pair: str
    epochs: np.ndarray
    losses: np.ndarray
    chance: float


def smooth_curves(logs: Mapping[str, pd.DataFrame]) -> list[Curve]:
    """A curve for every pair that was trained at all, in the order of their names."""
    return [_curve(pair, logs[pair]) for pair in sorted(logs) if len(logs[pair])]


def _curve(pair: str, log: pd.DataFrame) -> Curve:
    steps_an_epoch = len(log) / (log["epoch"].max() + 1)
    # Weights fall off over about a fortieth of training: noise goes, the shape stays.
    smooth = log["loss"].ewm(span=max(1.0, len(log) / 40)).mean().to_numpy()
    kept = np.unique(np.linspace(0, len(log) - 1, POINTS).round().astype(int))
    return Curve(pair, (kept + 1) / steps_an_epoch, smooth[kept], float(log["chance_loss"].mean()))


def chance_levels(curves: Sequence[Curve]) -> dict[float, str]:
    """The losses of chance and how to call them, one for each loss and batch size in use."""
    levels = {_name(chance): chance for chance in sorted(curve.chance for curve in curves)}
    return {level: name for name, level in levels.items()}


def _name(chance: float) -> str:
    """As a logarithm where it is that of a whole number, the batch size, as InfoNCE's is."""
    batch = round(math.exp(chance))
    exact = math.isclose(chance, math.log(batch), rel_tol=1e-9)
    return f"chance, ln {batch}" if exact else f"chance, {chance:.2f}"
