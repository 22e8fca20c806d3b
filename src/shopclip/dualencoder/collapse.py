"""Signs that a dual encoder has collapsed: it says the same of everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Spread:
    """How much of the shared space a tower uses.

    Attributes:
        mean_cosine: mean cosine of two different embeddings; 1 when all are one point.
        effective_rank: exponential of the entropy of the normalised singular values (Roy and
            Vetterli 2007); 1 when all lie on a line through the origin, at most the dimensions.
    """

    mean_cosine: float
    effective_rank: float

    @property
    def collapsed(self) -> bool:
        return self.mean_cosine > 0.98 or self.effective_rank < 2


def spread(embeddings: np.ndarray) -> Spread:
    """Measure L2-normalised embeddings, float (n, dimensions), n at least 2."""
    count = len(embeddings)
    wide = embeddings.astype(np.float64)
    # |sum|² holds every cosine, and the n of each embedding with itself
    mean_cosine = (np.square(wide.sum(axis=0)).sum() - count) / (count * (count - 1))
    shares = np.sqrt(np.clip(np.linalg.eigvalsh(wide.T @ wide), 0, None))
    shares = shares[shares > 0] / shares.sum()
    return Spread(float(mean_cosine), float(np.exp(-(shares * np.log(shares)).sum())))


def stuck_at_chance(losses: np.ndarray, chance_loss: float, last: int = 20) -> bool:
    """Whether the last losses are still those of towers that see nothing, ln(batch size)."""
    return len(losses) > 0 and float(np.mean(losses[-last:])) > 0.98 * chance_loss
