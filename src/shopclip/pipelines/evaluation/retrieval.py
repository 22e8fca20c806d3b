"""Pictures retrieved for a few captions."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd


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
    places = np.argsort(-similarities, axis=1, kind="stable")[:, :count]
    return places, np.take_along_axis(similarities, places, axis=1)
