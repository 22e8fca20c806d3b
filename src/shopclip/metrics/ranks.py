"""Where the right answer stands among all answers, and what share of queries finds it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt

TIE = 1e-6  # float32 dot products of 128-d unit vectors are exact to about 1e-7
ROWS, COLUMNS = 255, 2040  # of a tile, which stays in the cache; no more can be counted in bytes


@dataclass(frozen=True)
class Ranks:
    """Position of each query's own answer in the gallery.

    Attributes:
        better: gallery items more similar to the query than its own answer.
        tied: items as similar as its own answer, that one included.
    """

    better: Int[np.ndarray, " queries"]
    tied: Int[np.ndarray, " queries"]

    def hits(self, k: int) -> Float[np.ndarray, " queries"]:
        """Chance that a query's answer is among its first k.

        Ties count as if broken at random, in expectation: of the `tied` places that start after
        `better`, the share that lies within the first k. A constant embedding, for which
        everything ties, so scores exactly chance, k / gallery.
        """
        return np.clip((k - self.better) / self.tied, 0.0, 1.0)

    def reciprocals(self) -> Float[np.ndarray, " queries"]:
        """One over the place of the query's answer, ties as in `hits`.

        By this, not by the leaderboard's MRR@10 (`retrieval.measure`), an epoch is judged:
        it has no cut, so that it still tells towers apart that find nothing among the first ten.
        """
        last = int((self.better + self.tied).max(initial=0))
        harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, last + 1))])
        return (harmonic[self.better + self.tied] - harmonic[self.better]) / self.tied


def rank(
    queries: Float[np.ndarray, "n embed_dim"],
    gallery: Float[np.ndarray, "m embed_dim"],
    own: Int[np.ndarray, " n"] | None = None,
) -> Ranks:
    """Rank the gallery for every query.

    Args:
        queries: float32, L2-normalized.
        gallery: float32, L2-normalized.
        own: which gallery item is each query's own answer; i is i's by default.
    """
    answers = gallery if own is None else gallery[own]
    similarity = np.einsum("ij,ij->i", queries, answers)
    better, least = similarity + np.float32(TIE), similarity - np.float32(TIE)
    above, not_below = np.zeros((2, len(queries)), np.int64)
    for top in range(0, len(queries), ROWS):
        rows = slice(top, top + ROWS)
        for start in range(0, len(gallery), COLUMNS):
            tile = queries[rows] @ gallery[start : start + COLUMNS].T
            above[rows] += _true_by_row(tile > better[rows, None])
            not_below[rows] += _true_by_row(tile >= least[rows, None])
    return Ranks(above, not_below - above)


def rank_both(
    left: Float[np.ndarray, "n embed_dim"], right: Float[np.ndarray, "n embed_dim"]
) -> tuple[Ranks, Ranks]:
    """Rank the right for every left, and the left for every right; i belongs to i.

    Each similarity is computed once and used both ways, a tile at a time, so that memory does not
    grow with the square of n.

    Args:
        left: float32, L2-normalized.
        right: float32, L2-normalized.
    """
    own = np.einsum("ij,ij->i", left, right)
    better, least = own + np.float32(TIE), own - np.float32(TIE)
    above = np.zeros((2, len(own)), np.int64)  # for the left, for the right
    not_below = np.zeros((2, len(own)), np.int64)
    for top in range(0, len(own), ROWS):
        rows = slice(top, top + ROWS)
        for start in range(0, len(own), COLUMNS):
            columns = slice(start, start + COLUMNS)
            tile = left[rows] @ right[columns].T
            above[0, rows] += _true_by_row(tile > better[rows, None])
            above[1, columns] += _true_by_column(tile > better[None, columns])
            not_below[0, rows] += _true_by_row(tile >= least[rows, None])
            not_below[1, columns] += _true_by_column(tile >= least[None, columns])
    first, second = (Ranks(a, n - a) for a, n in zip(above, not_below, strict=True))
    return first, second


def _true_by_row(mask: Bool[np.ndarray, "rows columns"]) -> Int[np.ndarray, " rows"]:
    """How many are true in each row of at most `COLUMNS`, eight at a time: a byte counts to 255."""
    eights = mask.shape[1] - mask.shape[1] % 8
    words = np.ascontiguousarray(mask[:, :eights]).view(np.uint64).sum(axis=1)
    by_eight = words.view(np.uint8).reshape(-1, 8).sum(axis=1, dtype=np.int64)
    return by_eight + mask[:, eights:].sum(axis=1)


def _true_by_column(mask: Bool[np.ndarray, "rows columns"]) -> UInt[np.ndarray, " columns"]:
    """How many are true in each column of at most `ROWS`."""
    return mask.view(np.uint8).sum(axis=0, dtype=np.uint8)
