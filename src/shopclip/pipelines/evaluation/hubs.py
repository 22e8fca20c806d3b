"""Pictures that are found for many captions, whatever these say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shopclip.dualencoder.ranks import TIE
from shopclip.pipelines.evaluation.protocols import headline

NEAREST = 10
HUBS = 6
ROWS = 256  # captions at a time; memory is a few times ROWS × gallery floats


def find_hubs(
    image_embeddings: np.ndarray, text_embeddings: np.ndarray, examples: pd.DataFrame
) -> pd.DataFrame:
    """The pictures of the headline gallery that most captions have among their first ten.

    A row a picture, the commonest first, at most `HUBS` and only those found more often than
    chance: `place`, `id`, `row`, `caption`, `found` (captions), `captions` (how many asked, each
    distinct one once), `gallery`, and `chance` (what `found` is under a random order).
    """
    members = headline(examples)[1]
    gallery = examples.iloc[members]
    first = np.unique(gallery["caption_id"], return_index=True)[1]
    found = times_found(text_embeddings[members][first], image_embeddings[members])
    chance = len(first) * min(NEAREST, len(members)) / len(members)
    order = np.argsort(-found, kind="stable")[:HUBS]
    order = order[found[order] > chance * (1 + 1e-9)]
    hubs = gallery.iloc[order][["id", "row", "caption"]].assign(found=found[order])
    hubs = hubs.assign(captions=len(first), gallery=len(members), chance=chance)
    hubs.insert(0, "place", np.arange(1, len(hubs) + 1))
    return hubs.reset_index(drop=True)


def times_found(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """How many queries have each gallery item among their first ten, float64 (gallery,).

    Items that tie for the last places count as if those were drawn among them, in expectation.

    Args:
        queries, gallery: L2-normalised, float32 (n, dimensions) and (m, dimensions).
    """
    nearest = min(NEAREST, len(gallery))
    counts = np.zeros(len(gallery))
    for top in range(0, len(queries), ROWS):
        similarities = queries[top : top + ROWS] @ gallery.T
        last = -np.partition(-similarities, nearest - 1, axis=1)[:, nearest - 1 : nearest]
        above = similarities > last + np.float32(TIE)
        tied = (similarities >= last - np.float32(TIE)) & ~above
        left = (nearest - above.sum(axis=1)) / tied.sum(axis=1)
        counts += above.sum(axis=0) + left @ tied
    return counts
