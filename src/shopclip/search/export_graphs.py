"""Both towers as ONNX graphs."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from shopclip.dualencoder import DualEncoder

WEIGHT_BITS = 15  # of a signed 16-bit weight
MAX_BITS = 22  # of the fraction, as in Pillow


def resize_matrix(size: int, target: int) -> tuple[np.ndarray, int]:
    """Weights of every target pixel over the source pixels of one axis.

    Returns:
        float64 (target, size) of whole numbers, and the bits of their fraction: a target pixel is
        floor(weights · pixels / 2^bits + 1/2).
    """
    weights = _triangles(size, target)
    bits = 0
    while bits < MAX_BITS and 0.5 + weights.max() * 2 ** (bits + 1) < 2**WEIGHT_BITS:
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


class Resize(nn.Module):
    """uint8 (batch, *size, 3) → uint8 (batch, *target, 3), bit for bit as torch resizes."""

    def __init__(self, size: tuple[int, int], target: tuple[int, int]) -> None:
        super().__init__()
        self.axes = [axis for axis in (1, 0) if size[axis] != target[axis]]  # width, then height
        self.units = {}
        for axis in self.axes:
            weights, bits = resize_matrix(size[axis], target[axis])
            # float64, because a float32 sum of so many bits would be rounded
            self.register_buffer(f"weights{axis}", torch.from_numpy(weights))
            self.units[axis] = 2.0**bits

    def forward(self, pixels: Tensor) -> Tensor:
        if not self.axes:
            return pixels
        images = pixels.double().permute(0, 3, 1, 2)  # (batch, 3, height, width)
        for axis in self.axes:
            weights = self.get_buffer(f"weights{axis}")
            sums = weights @ images if axis == 0 else images @ weights.T
            images = (sums / self.units[axis] + 0.5).floor().clamp(0, 255)
        return images.permute(0, 2, 3, 1).to(torch.uint8)


class ImageGraph(nn.Module):
    """Stored pixels, uint8 (batch, *size, 3) → embeddings (batch, dimensions)."""

    def __init__(self, model: DualEncoder, size: tuple[int, int]) -> None:
        super().__init__()
        self.resize = Resize(size, model.image.size)
        self.tower = model.image

    def forward(self, pixels: Tensor) -> Tensor:
        return self.tower(self.resize(pixels))


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
