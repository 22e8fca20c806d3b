"""Where the right answer stands among all answers, and what share of queries finds it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TIE = 1e-6  # float32 dot products of 128-d unit vectors are exact to about 1e-7


@dataclass(frozen=True)
class Ranks:
    """Position of each query's own answer in the gallery.

    Attributes:
        better: int64 (queries,), gallery items more similar to the query than its own answer.
        tied: int64 (queries,), items as similar as its own answer, that one included.
    """

    better: np.ndarray
    tied: np.ndarray

    def hits(self, k: int) -> np.ndarray:
        """Chance that a query's answer is among its first k, float64 (queries,).

        Ties count as if broken at random, in expectation: of the `tied` places that start after
        `better`, the share that lies within the first k. A constant embedding, for which
        everything ties, so scores exactly chance, k / gallery.
        """
        return np.clip((k - self.better) / self.tied, 0.0, 1.0)

    def reciprocals(self) -> np.ndarray:
        """One over the place of the query's answer, float64 (queries,), ties as in `hits`."""
        last = int((self.better + self.tied).max(initial=0))
        harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, last + 1))])
        return (harmonic[self.better + self.tied] - harmonic[self.better]) / self.tied


def rank(queries: np.ndarray, gallery: np.ndarray, *, chunk: int = 512) -> Ranks:
    """Rank the gallery for every query; query i's own answer is gallery item i.

    Args:
        queries: float32 (n, dimensions), L2-normalised.
        gallery: float32 (n, dimensions), L2-normalised.
        chunk: queries compared at a time; memory is `chunk` × n floats whatever n is.
    """
    better = np.empty(len(queries), dtype=np.int64)
    tied = np.empty(len(queries), dtype=np.int64)
    for start in range(0, len(queries), chunk):
        stop = min(start + chunk, len(queries))
        similarities = queries[start:stop] @ gallery.T
        own = similarities[np.arange(stop - start), np.arange(start, stop)][:, None]
        better[start:stop] = np.count_nonzero(similarities > own + TIE, axis=1)
        at_least = np.count_nonzero(similarities >= own - TIE, axis=1)
        tied[start:stop] = at_least - better[start:stop]
    return Ranks(better, tied)
