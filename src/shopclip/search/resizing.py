"""torch's antialiased bilinear resize of uint8 pictures, as two matrices.

torch computes it in whole numbers: weights in 16 bits, a pass over the width and one over the
height, each rounded to uint8. Written as matrix products it can stand in an ONNX graph, where it
gives the same pixels to the last bit, which ONNX's own Resize does not.
"""

from __future__ import annotations

import numpy as np

WEIGHT_BITS = 15  # of a signed 16-bit weight
MOST_BITS = 22  # of the fraction, as in Pillow


def resize_matrix(size: int, target: int) -> tuple[np.ndarray, int]:
    """Weights of every target pixel over the source pixels of one axis.

    Returns:
        float64 (target, size) of whole numbers, and the bits of their fraction: a target pixel is
        floor(weights · pixels / 2^bits + 1/2).
    """
    weights = _triangles(size, target)
    bits = 0
    while bits < MOST_BITS and 0.5 + weights.max() * 2 ** (bits + 1) < 2**WEIGHT_BITS:
        bits += 1
    return np.floor(0.5 + weights * 2.0**bits), bits


def _triangles(size: int, target: int) -> np.ndarray:
    """The triangle filter, widened where it shrinks; every row sums to 1."""
    scale = size / target
    support = max(scale, 1.0)
    weights = np.zeros((target, size))
    for pixel in range(target):
        centre = scale * (pixel + 0.5)
        first = max(int(centre - support + 0.5), 0)
        last = min(int(centre + support + 0.5), size)
        distance = np.abs(np.arange(first, last) - centre + 0.5) / support
        triangle = np.clip(1 - distance, 0, None)
        weights[pixel, first:last] = triangle / triangle.sum()
    return weights
