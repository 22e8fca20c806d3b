"""How the two towers' embeddings lie in the shared space."""

from __future__ import annotations

import numpy as np

SHARPNESS = 2.0  # t of the Gaussian potential, as in the paper


def alignment(images: np.ndarray, texts: np.ndarray) -> float:
    """Mean squared distance of an example's two embeddings (Wang and Isola 2020, alpha 2).

    0 where each image lies on its text, 2 where they have nothing to do with each other, at most 4.

    Args:
        images, texts: L2-normalised, float (n, dimensions), n at least 1; i belongs to i.
    """
    apart = images.astype(np.float64) - texts.astype(np.float64)
    return float(np.square(apart).sum(axis=1).mean())


def uniformity(embeddings: np.ndarray) -> float:
    """Log of the mean Gaussian potential exp(-2 d²) of two distinct examples (Wang and Isola 2020).

    0 where all embeddings are one point; the lower, the more evenly they cover the sphere.
    Memory is n² float64.

    Args:
        embeddings: L2-normalised, float (n, dimensions), n at least 2.
    """
    wide = embeddings.astype(np.float64)
    lengths = np.square(wide).sum(axis=1)
    pairs = np.triu_indices(len(wide), k=1)
    squared = (lengths[:, None] + lengths - 2 * wide @ wide.T)[pairs]
    return float(np.log(np.exp(-SHARPNESS * np.maximum(squared, 0)).mean()))


def modality_gap(images: np.ndarray, texts: np.ndarray) -> float:
    """Distance of the images' centroid from that of the texts (Liang et al. 2022), 0 to 2.

    Args:
        images, texts: L2-normalised, float (n, dimensions) and (m, dimensions).
    """
    apart = images.mean(axis=0, dtype=np.float64) - texts.mean(axis=0, dtype=np.float64)
    return float(np.linalg.norm(apart))


def geometry(images: np.ndarray, texts: np.ndarray) -> dict[str, float]:
    """All of the above: `alignment`, `image_uniformity`, `text_uniformity`, `modality_gap`."""
    return {
        "alignment": alignment(images, texts),
        "image_uniformity": uniformity(images),
        "text_uniformity": uniformity(texts),
        "modality_gap": modality_gap(images, texts),
    }
