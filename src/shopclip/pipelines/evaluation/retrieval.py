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
