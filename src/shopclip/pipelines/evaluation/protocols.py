"""Who is a query, what it is ranked against, and which answers are right."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shopclip.metrics.retrieval import TieGroups
from shopclip.metrics.scoring import HELD_OUT, PAPER, headline_protocol


def protocols(examples: pd.DataFrame) -> dict[str, np.ndarray]:
    """Positions of the examples that are queries and gallery, by protocol.

    `paper` takes all products, those trained on included; `held_out` those whose captions were
    kept out of training, and is absent when fewer than two were.
    """
    kept_out = np.flatnonzero(examples["split"] == "held_out")
    members = {PAPER: np.arange(len(examples))}
    return {**members, HELD_OUT: kept_out} if len(kept_out) >= 2 else members


def headline(examples: pd.DataFrame) -> tuple[str, np.ndarray]:
    """The protocol that counts most, with its members: `held_out` where there is one."""
    members = protocols(examples)
    protocol = headline_protocol(members)
    return protocol, members[protocol]


def evenly_chosen(count: int, most: int) -> np.ndarray:
    """At most `most` positions out of `count`, evenly spaced, the first and the last included."""
    return np.unique(np.linspace(0, count - 1, most).astype(int))


def chosen_captions(gallery: pd.DataFrame, count: int) -> np.ndarray:
    """Positions of `count` products with distinct captions, the same for every pair and run."""
    distinct = gallery["caption_id"].drop_duplicates().index
    captions = gallery["caption"].loc[distinct]
    order = captions.map(lambda text: hashlib.blake2b(text.encode(), digest_size=8).hexdigest())
    chosen = order.sort_values().index[:count]
    return gallery.index.get_indexer(chosen)


def nearest_images(
    texts: np.ndarray, images: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Positions and cosine similarities of the nearest images, both (texts, count), nearest first.

    Equal similarities keep the order of the gallery.
    """
    similarities = texts @ images.T
    nearest = np.argsort(-similarities, axis=1, kind="stable")[:, :count]
    return nearest, np.take_along_axis(similarities, nearest, axis=1)


def missed_captions(ranks: pd.DataFrame, count: int) -> pd.DataFrame:
    """The captions whose own picture stands furthest down, the worst first, at most `count`.

    A caption that several products bear is judged by the nearest of their pictures, so that all
    nearer ones are wrong; one with none nearer than its own is no miss.

    Args:
        ranks: of one protocol, text → image, a row a product.

    Returns:
        A row a caption, the product with that nearest picture: columns of `ranks`.
    """
    nearest = ranks.sort_values(["better", "tied"], kind="stable").drop_duplicates("caption_id")
    missed = nearest[nearest["better"] > 0]
    return missed.sort_values(["better", "tied"], ascending=False, kind="stable").head(count)


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
