"""Pictures that are found for many captions, whatever these say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shopclip.dualencoder.hubness import NEAREST, times_found
from shopclip.pipelines.evaluation.protocols import headline

HUBS = 6


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
