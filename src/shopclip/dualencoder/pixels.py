"""From stored pixels to what an image tower sees, on whatever device the batch is on."""

from __future__ import annotations

import torch
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


def augment(images: Tensor, *, crop: float, flip: bool, generator: torch.Generator) -> Tensor:
    """One random crop window for the batch, and a mirror image of half of it.

    The window is shared because it then costs one slice; over an epoch every image meets many.

    Args:
        images: uint8 (batch, height, width, 3).
        crop: least share of height and width that is kept.
        flip: whether to mirror half of the images left to right.
        generator: source of randomness, on the CPU.

    Returns:
        uint8 (batch, cropped height, cropped width, 3).
    """
    height, width = images.shape[1:3]
    kept = 1 - (1 - crop) * torch.rand(2, generator=generator)
    rows, columns = max(1, round(height * float(kept[0]))), max(1, round(width * float(kept[1])))
    top = int(torch.randint(height - rows + 1, (), generator=generator))
    left = int(torch.randint(width - columns + 1, (), generator=generator))
    images = images[:, top : top + rows, left : left + columns]
    if flip:
        mirrored = torch.rand(len(images), generator=generator) < 0.5
        images = torch.where(
            mirrored.to(images.device)[:, None, None, None], images.flip(2), images
        )
    return images
