"""The geometry of embeddings: spread, effective rank, modality gap and hubs."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from shopclip.metrics.ranks import TIE

SHARPNESS = 2.0  # t of the Gaussian potential, as in the paper


def alignment(
    images: Float[np.ndarray, "n embed_dim"], texts: Float[np.ndarray, "n embed_dim"]
) -> float:
    """Mean squared distance of an example's two embeddings (Wang and Isola 2020, alpha 2).

    0 where each image lies on its text, 2 where they have nothing to do with each other, at most 4.

    Args:
        images, texts: L2-normalized, n at least 1; i belongs to i.
    """
    apart = images.astype(np.float64) - texts.astype(np.float64)
    return float(np.square(apart).sum(axis=1).mean())


def uniformity(embeddings: Float[np.ndarray, "n embed_dim"]) -> float:
    """Log of the mean Gaussian potential exp(-2 d²) of two distinct examples (Wang and Isola 2020).

    0 where all embeddings are one point; the lower, the more evenly they cover the sphere.
    Memory is n² float64.

    Args:
        embeddings: L2-normalized, n at least 2.
    """
    wide = embeddings.astype(np.float64)
    lengths = np.square(wide).sum(axis=1)
    pairs = np.triu_indices(len(wide), k=1)
    squared = (lengths[:, None] + lengths - 2 * wide @ wide.T)[pairs]
    return float(np.log(np.exp(-SHARPNESS * np.maximum(squared, 0)).mean()))


def modality_gap(
    images: Float[np.ndarray, "n embed_dim"], texts: Float[np.ndarray, "m embed_dim"]
) -> float:
    """Distance of the images' centroid from that of the texts (Liang et al. 2022), 0 to 2.

    Args:
        images, texts: L2-normalized.
    """
    apart = images.mean(axis=0, dtype=np.float64) - texts.mean(axis=0, dtype=np.float64)
    return float(np.linalg.norm(apart))


def geometry(
    images: Float[np.ndarray, "n embed_dim"], texts: Float[np.ndarray, "n embed_dim"]
) -> dict[str, float]:
    """All of the above: `alignment`, `image_uniformity`, `text_uniformity`, `modality_gap`."""
    return {
        "alignment": alignment(images, texts),
        "image_uniformity": uniformity(images),
        "text_uniformity": uniformity(texts),
        "modality_gap": modality_gap(images, texts),
    }


NEAREST = 10
HUBNESS_SAMPLE = 2000  # products; hubness compares all with all, and grows with their number
ROWS = 256  # queries at a time; memory is a few times ROWS × gallery floats
EVEN = 1e-9  # deviation by which counts of an even share may differ, for rounding alone


def hubness(
    queries: Float[np.ndarray, "n embed_dim"],
    gallery: Float[np.ndarray, "m embed_dim"],
    nearest: int = NEAREST,
) -> float:
    """Skewness of how often each gallery item is among the nearest of a query.

    Radovanović et al. 2010 (Hubs in Space, equation 1): about 0 where everything is found equally
    often, large where a few hubs crowd out the rest. 0 where the gallery is no larger than
    `nearest`, and where everything ties.

    Args:
        queries, gallery: L2-normalized.
    """
    # In single precision, rounding alone may set constant embeddings further apart than a tie.
    counts = times_found(queries.astype(np.float64), gallery.astype(np.float64), nearest)
    deviation = counts.std()
    if deviation <= EVEN * counts.mean():
        return 0.0
    return float(((counts - counts.mean()) ** 3).mean() / deviation**3)


def times_found(
    queries: Float[np.ndarray, "n embed_dim"],
    gallery: Float[np.ndarray, "m embed_dim"],
    nearest: int = NEAREST,
) -> Float[np.ndarray, " m"]:
    """How many queries have each gallery item among their nearest.

    Items that tie for the last places count as if those were drawn among them, in expectation.

    Args:
        queries, gallery: L2-normalized.
    """
    nearest = min(nearest, len(gallery))
    counts = np.zeros(len(gallery))
    for top in range(0, len(queries), ROWS):
        similarities = queries[top : top + ROWS] @ gallery.T
        last = -np.partition(-similarities, nearest - 1, axis=1)[:, nearest - 1 : nearest]
        above = similarities > last + np.float32(TIE)
        tied = (similarities >= last - np.float32(TIE)) & ~above
        left = (nearest - above.sum(axis=1)) / tied.sum(axis=1)
        counts += above.sum(axis=0) + left @ tied
    return counts
