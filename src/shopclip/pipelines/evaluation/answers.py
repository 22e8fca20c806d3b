"""What counts as a right answer: a query's own product, or every product with its caption."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shopclip.dualencoder.retrieval_metrics import TieGroups

ANSWERS = ("own", "same_caption")


@dataclass(frozen=True)
class Queries:
    """Queries of one protocol and direction, and where their right answers stand.

    Attributes:
        groups: the right answers of every query.
        captions: int64 (queries,), the caption that each query belongs to.
        right: int64 (queries,), how many right answers each has.
        same: int64 (queries,), how many items of the gallery bear its caption, and so tie with its
            answer for the best of towers.
        gallery: how many items are ranked.
    """

    groups: TieGroups
    captions: np.ndarray
    right: np.ndarray
    same: np.ndarray
    gallery: int

    def __len__(self) -> int:
        return len(self.captions)

    def by_chance(self) -> TieGroups:
        """The answers of towers that say the same of everything."""
        everything = np.full(len(self), self.gallery)
        return TieGroups(np.arange(len(self)), np.zeros(len(self), int), everything, self.right)

    def at_best(self) -> TieGroups:
        """The answers of perfect towers, which still can't tell products of one caption apart."""
        return TieGroups(np.arange(len(self)), np.zeros(len(self), int), self.same, self.right)


def own_answers(ranks: pd.DataFrame) -> Queries:
    """Every product asks, and its own caption or image alone is right.

    Args:
        ranks: of one protocol and direction, a row a product.
    """
    captions, count = ranks["caption_id"].to_numpy(), len(ranks)
    one = np.ones(count, dtype=np.int64)
    better, tied = ranks["better"].to_numpy(), ranks["tied"].to_numpy()
    groups = TieGroups(np.arange(count), better, tied, one)
    return Queries(groups, captions, one, _same(captions), count)


def same_caption_answers(ranks: pd.DataFrame) -> Queries:
    """Right is whatever bears the query's caption; a caption that several products bear asks once.

    Args:
        ranks: of one protocol and direction, a row a product.
    """
    captions = ranks["caption_id"].to_numpy()
    better, tied = ranks["better"].to_numpy(), ranks["tied"].to_numpy()
    if ranks["direction"].iloc[0] == "image_to_text":
        # All texts of a caption are one embedding: they tie with the product's own.
        same = _same(captions)
        groups = TieGroups(np.arange(len(ranks)), better, np.maximum(tied, same), same)
        return Queries(groups, captions, same, same, len(ranks))
    # The place of an image among those found for its caption is the same whichever product asks.
    distinct, numbers = np.unique(captions, return_inverse=True)
    right = np.bincount(numbers)
    return Queries(TieGroups.collect(numbers, better, tied), distinct, right, right, len(ranks))


def _same(captions: np.ndarray) -> np.ndarray:
    _, numbers, counts = np.unique(captions, return_inverse=True, return_counts=True)
    return counts[numbers]
