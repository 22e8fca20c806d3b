"""Both towers' embeddings on one plane, for people to look at."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shopclip.pipelines.evaluation.misses import category_of
from shopclip.pipelines.evaluation.protocols import evenly_chosen, headline

MAPPED = 1000  # products; a chart holds no more dots


def map_embeddings(
    image_embeddings: np.ndarray, text_embeddings: np.ndarray, examples: pd.DataFrame
) -> pd.DataFrame:
    """Two rows a product, one a tower: `id`, `tower` (image or text), `x`, `y`, `category`,
    `x_share`, `y_share` (of the variance, the same in every row).

    Products are those of the headline protocol, at most `MAPPED` of them, evenly chosen.
    """
    members = headline(examples)[1]
    members = members[evenly_chosen(len(members), MAPPED)]
    both = np.concatenate([image_embeddings[members], text_embeddings[members]])
    plane, shares = principal_plane(both)
    shown = examples.iloc[members]
    products = pd.DataFrame(
        {"id": shown["id"], "category": category_of(shown, "masterCategory")}
    ).reset_index(drop=True)
    towers = pd.concat(
        [products.assign(tower="image"), products.assign(tower="text")], ignore_index=True
    )
    towers[["x", "y"]] = plane
    towers = towers.assign(x_share=shares[0], y_share=shares[1])
    return towers[["id", "tower", "x", "y", "category", "x_share", "y_share"]]


def principal_plane(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Principal components: float64 (n, 2) coordinates and the two shares of the variance.

    An axis has no sign of its own; here its largest loading is positive, so that the same rows
    always give the same map.

    Args:
        rows: float (n, embed_dim), at least 2 both ways.
    """
    from sklearn.decomposition import PCA

    rows = rows.astype(np.float64)
    with np.errstate(invalid="ignore"):  # one point has no variance to take shares of
        pca = PCA(2, svd_solver="full").fit(rows)
    largest = np.abs(pca.components_).argmax(axis=1)
    signs = np.where(pca.components_[[0, 1], largest] < 0, -1.0, 1.0)
    return pca.transform(rows) * signs, np.nan_to_num(pca.explained_variance_ratio_)
