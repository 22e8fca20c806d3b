"""Signs that a dual encoder has collapsed: it says the same of everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SAME = 0.98  # mean cosine above which all embeddings are one point


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
        return self.mean_cosine > SAME or self.effective_rank < 2


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
    return len(losses) > 0 and float(np.mean(losses[-last:])) > SAME * chance_loss


def hubness(queries: np.ndarray, gallery: np.ndarray, nearest: int = 10) -> float:
    """Skewness of how often each gallery item is among the nearest of a query.

    Radovanović et al. 2010 (Hubs in Space, equation 1): about 0 where everything is found equally
    often, large where a few hubs crowd out the rest. 0 where the gallery is no larger than
    `nearest`.

    Args:
        queries, gallery: L2-normalised, float (n, dimensions) and (m, dimensions).
    """
    if len(gallery) <= nearest:
        return 0.0
    similarities = queries @ gallery.T
    found = np.argpartition(-similarities, nearest - 1, axis=1)[:, :nearest]
    counts = np.bincount(found.ravel(), minlength=len(gallery)).astype(np.float64)
    deviation = counts.std()
    return float(((counts - counts.mean()) ** 3).mean() / deviation**3) if deviation else 0.0
