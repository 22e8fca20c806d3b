"""What counts as a right answer: a query's own product, or whatever bears its caption."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shopclip.dualencoder.retrieval_metrics import TieGroups


@dataclass(frozen=True)
class Queries:
    """Queries of one protocol and direction, and where their right answers stand.

    Attributes:
        groups: the right answers of every query.
        captions: int64 (queries,), the caption that each query belongs to.
        right: int64 (queries,), how many right answers each has.
        same: int64 (queries,), how many items of the gallery tie with its answer for the best of
            towers, because they bear its caption.
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

    def median_by_chance(self) -> float:
        """Median place of the first right answer under a random order of the gallery."""
        right, queries = np.unique(self.right, return_counts=True)
        missed, place, half = np.ones(len(right)), 0, len(self) / 2
        while queries @ missed > half * (1 + 1e-9):
            missed *= np.clip(1 - right / (self.gallery - place), 0, 1)
            place += 1
        return place + 0.5 * bool(np.isclose(queries @ missed, half))

    def at_best(self) -> TieGroups:
        """The answers of perfect towers, which still can't tell products of one caption apart."""
        return TieGroups(np.arange(len(self)), np.zeros(len(self), int), self.same, self.right)


def own_answers(ranks: pd.DataFrame) -> Queries:
    """Every product asks, and its own caption or image alone is right.

    Args:
        ranks: of one protocol and direction, a row a product.
    """
    captions = ranks["caption_id"].to_numpy()
    groups = TieGroups.of_one_answer(ranks["better"].to_numpy(), ranks["tied"].to_numpy())
    return Queries(groups, captions, groups.relevant, _same(captions), len(ranks))


def images_of_captions(ranks: pd.DataFrame) -> Queries:
    """Every caption asks once, and the images of all its products are right.

    Args:
        ranks: text → image of one protocol, a row a product. The place of an image among those
            found for its caption is the same whichever of the caption's products asks.
    """
    distinct, numbers, right = np.unique(
        ranks["caption_id"], return_inverse=True, return_counts=True
    )
    groups = TieGroups.collect(numbers, ranks["better"].to_numpy(), ranks["tied"].to_numpy())
    return Queries(groups, distinct, right, right, len(ranks))


def captions_of_images(ranks: pd.DataFrame) -> Queries:
    """Every image asks for its caption, among the distinct ones.

    Args:
        ranks: of captions, of one protocol, a row a product.
    """
    groups = TieGroups.of_one_answer(ranks["better"].to_numpy(), ranks["tied"].to_numpy())
    captions, one = ranks["caption_id"].to_numpy(), groups.relevant
    return Queries(groups, captions, one, one, int(ranks["gallery"].iloc[0]))


def _same(captions: np.ndarray) -> np.ndarray:
    _, numbers, counts = np.unique(captions, return_inverse=True, return_counts=True)
    return counts[numbers]
