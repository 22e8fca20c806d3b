"""Changes of a training picture that leave its caption true, on whatever device the batch is on."""

from __future__ import annotations

import torch
from torch import Tensor

from shopclip.dualencoder.recipe import Recipe


def augment(images: Tensor, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """A crop, a mirror image of half of them, mild jitter, as far as the recipe asks for them.

    Args:
        images: uint8 (batch, height, width, 3).
        generator: source of randomness, on the CPU.

    Returns:
        uint8 (batch, cropped height, cropped width, 3).
    """
    if recipe.crop < 1 or recipe.flip:
        images = crop_and_flip(images, recipe.crop, recipe.flip, generator)
    return jitter(images, recipe.jitter, generator) if recipe.jitter else images


def crop_and_flip(images: Tensor, least: float, flip: bool, generator: torch.Generator) -> Tensor:
    """Cut a window out of each image, at a place of its own, and mirror half of the windows.

    All windows of a batch have one size, so that they are still one tensor.

    Args:
        least: least share of height and width that is kept.
    """
    batch, height, width, _ = images.shape
    kept = 1 - (1 - least) * torch.rand(2, generator=generator)
    window = max(1, round(height * float(kept[0]))), max(1, round(width * float(kept[1])))
    top = torch.randint(height - window[0] + 1, (batch, 1), generator=generator)
    left = torch.randint(width - window[1] + 1, (batch, 1), generator=generator)
    rows, columns = top + torch.arange(window[0]), left + torch.arange(window[1])
    if flip:
        mirrored = torch.rand(batch, 1, generator=generator) < 0.5
        columns = torch.where(mirrored, columns.flip(1), columns)
    rows, columns = rows.to(images.device), columns.to(images.device)
    own = torch.arange(batch, device=images.device)
    return images[own[:, None, None], rows[:, :, None], columns[:, None, :]]


def jitter(images: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Change contrast about the mean, then brightness, each by a factor of 1 ± `most` an image."""
    factors = 1 + most * (2 * torch.rand(2, len(images), 1, 1, 1, generator=generator) - 1)
    contrast, brightness = factors.to(images.device)
    pixels = images.float()
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    changed = ((pixels - mean) * contrast + mean) * brightness
    return changed.round_().clamp_(0, 255).to(torch.uint8)
