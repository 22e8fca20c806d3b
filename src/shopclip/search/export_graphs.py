"""Both towers as ONNX graphs."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from shopclip.dualencoder import DualEncoder
from shopclip.dualencoder.preprocessing import PixelValues, Preprocessing
from shopclip.search.errors import SearchError

WEIGHT_BITS = 15  # of a signed 16-bit weight
MAX_BITS = 22  # of the fraction, as in Pillow


def resize_matrix(size: int, target: int, resample: str = "bilinear") -> tuple[np.ndarray, int]:
    """Weights of every target pixel over the source pixels of one axis.

    Returns:
        float64 (target, size) of whole numbers, and the bits of their fraction: a target pixel is
        floor(weights · pixels / 2^bits + 1/2).
    """
    weights = _filtered(size, target, *FILTERS[resample])
    bits = 0
    while bits < MAX_BITS and 0.5 + weights.max() * 2 ** (bits + 1) < 2**WEIGHT_BITS:
        bits += 1
    return np.trunc(weights * 2.0**bits + np.copysign(0.5, weights)), bits


def triangle(distance: np.ndarray) -> np.ndarray:
    return np.clip(1 - distance, 0, None)


def cubic(distance: np.ndarray) -> np.ndarray:
    """Keys 1981 with a = -1/2, as Pillow and torch have it where they antialias."""
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return np.where(distance < 1, near, np.where(distance < 2, far, 0.0))


FILTERS = {"bilinear": (triangle, 1.0), "bicubic": (cubic, 2.0)}  # and how far they reach


def _filtered(
    size: int, target: int, kernel: Callable[[np.ndarray], np.ndarray], reach: float
) -> np.ndarray:
    """The filter, widened where it shrinks; every row sums to 1."""
    scale = size / target
    wider = max(scale, 1.0)
    weights = np.zeros((target, size))
    for pixel in range(target):
        centre = scale * (pixel + 0.5)
        first = max(int(centre - reach * wider + 0.5), 0)
        last = min(int(centre + reach * wider + 0.5), size)
        values = kernel(np.abs(np.arange(first, last) - centre + 0.5) / wider)
        weights[pixel, first:last] = values / values.sum()
    return weights


class Resize(nn.Module):
    """uint8 (batch, *size, 3) → uint8 (batch, 3, *target), bit for bit as torch resizes and cuts.

    Raises:
        SearchError: the pictures are prepared in a way that is no graph.
    """

    def __init__(self, size: tuple[int, int], preprocessing: Preprocessing) -> None:
        super().__init__()
        if not isinstance(preprocessing, PixelValues) or preprocessing.resample not in FILTERS:
            kind = type(preprocessing).__name__
            raise SearchError(
                f"its pictures are prepared by {kind}, of which no ONNX graph is made here; search "
                "with the pair itself, without an export"
            )
        self.normalize = preprocessing.normalize
        wanted, target = preprocessing.resized(size), preprocessing.size
        self.axes = [a for a in (1, 0) if (size[a], wanted[a]) != (target[a],) * 2]  # width first
        self.units = {}
        for axis in self.axes:
            weights, bits = resize_matrix(size[axis], wanted[axis], preprocessing.resample)
            first = (wanted[axis] - target[axis]) // 2
            weights = weights[first : first + target[axis]]
            # float64, because a float32 sum of so many bits would be rounded
            self.register_buffer(f"weights{axis}", torch.from_numpy(weights))
            self.units[axis] = 2.0**bits

    def forward(self, pixels: Tensor) -> Tensor:
        images = pixels.permute(0, 3, 1, 2)
        if not self.axes:
            return images
        images = images.double()
        for axis in self.axes:
            weights = self.get_buffer(f"weights{axis}")
            sums = weights @ images if axis == 0 else images @ weights.T
            images = (sums / self.units[axis] + 0.5).floor().clamp(0, 255)
        return images.to(torch.uint8)


class ImageGraph(nn.Module):
    """Stored pixels, uint8 (batch, *size, 3) → embeddings (batch, dimensions)."""

    def __init__(self, model: DualEncoder, size: tuple[int, int]) -> None:
        super().__init__()
        self.resize = Resize(size, model.image.preprocessing)
        self.tower = model.image

    def forward(self, pixels: Tensor) -> Tensor:
        values = self.resize.normalize(self.resize(pixels))
        return self.tower.embed_inputs({"pixel_values": values})


class TextGraph(nn.Module):
    """input_ids and attention_mask, int64 (batch, tokens) → embeddings (batch, dimensions)."""

    def __init__(self, model: DualEncoder) -> None:
        super().__init__()
        self.tower = model.text

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.tower(input_ids, attention_mask)


def write_image(model: DualEncoder, size: tuple[int, int], file: Path) -> None:
    """Export the image tower for stored pictures of this size, height and width."""
    pixels = torch.zeros((2, *size, 3), dtype=torch.uint8)
    batch = {"pixels": {0: torch.export.Dim.AUTO}}
    _write(ImageGraph(model, size), (pixels,), batch, "image_embeddings", file)


def write_text(model: DualEncoder, file: Path) -> None:
    """Export the text tower for any number of captions of any length that it takes."""
    captions = ["women red kurta", "blue shirt"]
    ids, mask = model.tokenise(captions).batch(torch.arange(len(captions)))
    any_size = {0: torch.export.Dim.AUTO, 1: torch.export.Dim.AUTO}
    names = {"input_ids": any_size, "attention_mask": any_size}
    _write(TextGraph(model), (ids, mask), names, "text_embeddings", file)


def _write(
    module: nn.Module, example: tuple[Tensor, ...], dynamic: dict[str, Any], output: str, file: Path
) -> None:
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            module.eval(),
            example,
            dynamo=True,
            dynamic_shapes=dynamic,
            verbose=False,
            input_names=list(dynamic),
            output_names=[output],
            external_data=False,
        )
        program.save(file)  # type: ignore[union-attr]


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter speaks to the developers of torch."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
