"""Hubs: items of a gallery that are found for many queries, whatever these ask."""

from __future__ import annotations

import numpy as np

from shopclip.dualencoder.ranks import TIE

NEAREST = 10
HUBNESS_SAMPLE = 2000  # products; hubness compares all with all, and grows with their number
ROWS = 256  # queries at a time; memory is a few times ROWS × gallery floats
EVEN = 1e-9  # deviation by which counts of an even share may differ, for rounding alone


def hubness(queries: np.ndarray, gallery: np.ndarray, nearest: int = NEAREST) -> float:
    """Skewness of how often each gallery item is among the nearest of a query.

    Radovanović et al. 2010 (Hubs in Space, equation 1): about 0 where everything is found equally
    often, large where a few hubs crowd out the rest. 0 where the gallery is no larger than
    `nearest`, and where everything ties.

    Args:
        queries, gallery: L2-normalised, float (n, dimensions) and (m, dimensions).
    """
    # In single precision, rounding alone may set constant embeddings further apart than a tie.
    counts = times_found(queries.astype(np.float64), gallery.astype(np.float64), nearest)
    deviation = counts.std()
    if deviation <= EVEN * counts.mean():
        return 0.0
    return float(((counts - counts.mean()) ** 3).mean() / deviation**3)


def times_found(queries: np.ndarray, gallery: np.ndarray, nearest: int = NEAREST) -> np.ndarray:
    """How many queries have each gallery item among their nearest, float64 (gallery,).

    Items that tie for the last places count as if those were drawn among them, in expectation.

    Args:
        queries, gallery: L2-normalised, float (n, dimensions) and (m, dimensions).
    """
    nearest = min(nearest, len(gallery))
    counts = np.zeros(len(gallery))
    for top in range(0, len(queries), ROWS):
        similarities = queries[top : top + ROWS] @ gallery.T
        last = -np.partition(-similarities, nearest - 1, axis=1)[:, nearest - 1 : nearest]
        above = similarities > last + np.float32(TIE)
        tied = (similarities >= last - np.float32(TIE)) & ~above
        left = (nearest - above.sum(axis=1)) / tied.sum(axis=1)
        counts += above.sum(axis=0) + left @ tied
    return counts
