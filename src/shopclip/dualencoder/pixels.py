"""From stored pixels to what an image tower sees, on whatever device the batch is on."""

from __future__ import annotations

from torch import Tensor
from torchvision.transforms.v2 import functional as transform


def to_pixel_values(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize to `size` and scale to [-1, 1], as Resize and Normalize(0.5, 0.5) do.

    Resizing comes first and in uint8, which is ten times faster on a CPU than in float.

    Args:
        images: uint8 (batch, height, width, 3).
        size: height and width in pixels.

    Returns:
        float32 (batch, 3, *size).
    """
    channels_first = images.permute(0, 3, 1, 2)
    if channels_first.shape[-2:] != size:
        channels_first = transform.resize(channels_first, list(size), antialias=True)
    return channels_first.float().div_(127.5).sub_(1)
