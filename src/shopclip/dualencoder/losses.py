"""Contrastive losses over a batch of image and text embeddings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Tensor


def same_caption(caption_ids: Tensor) -> Tensor:
    """Which examples are positives of each other: integer (batch,) → bool (batch, batch)."""
    return caption_ids[:, None] == caption_ids[None, :]


def info_nce(logits: Tensor, caption_ids: Tensor) -> Tensor:
    """Symmetric InfoNCE in which examples with the same caption are positives of each other.

    Each row's target is uniform over its positives, which is L_out of Khosla et al. 2020
    (Supervised Contrastive Learning, equation 2) applied across the two modalities; with distinct
    captions it is the loss of CLIP (Radford et al. 2021, figure 3).

    Args:
        logits: scaled cosine similarities, float (batch, batch); rows are images, columns captions.
        caption_ids: the caption of each example, integer (batch,).

    Returns:
        The mean of the image→text and the text→image loss in nats, a scalar.
    """
    positives = same_caption(caption_ids).to(logits.dtype)
    targets = positives / positives.sum(dim=1, keepdim=True)
    image_to_text = F.cross_entropy(logits, targets)
    text_to_image = F.cross_entropy(logits.T, targets)
    return (image_to_text + text_to_image) / 2


def siglip(logits: Tensor, caption_ids: Tensor) -> Tensor:
    """Sigmoid loss: is this caption that image's or not, asked of every combination of the batch.

    Zhai et al. 2023 (Sigmoid Loss for Language Image Pre-Training, algorithm 1), with every example
    of the same caption answered yes.

    Args:
        logits: scaled cosine similarities plus a bias, float (batch, batch).
        caption_ids: the caption of each example, integer (batch,).

    Returns:
        The sum over all combinations divided by the batch size, in nats, a scalar.
    """
    signs = same_caption(caption_ids).to(logits.dtype) * 2 - 1
    return -F.logsigmoid(signs * logits).sum() / len(logits)


def chance_of_info_nce(caption_ids: Tensor) -> float:
    """ln(batch): whatever the positives, all captions are equally likely."""
    return math.log(len(caption_ids))


def chance_of_siglip(caption_ids: Tensor) -> float:
    """batch × the entropy of a coin that says yes as often as it should."""
    batch = len(caption_ids)
    yes = same_caption(caption_ids).float().mean().item()
    no = 1 - yes
    return -batch * (yes * math.log(yes) + (no * math.log(no) if no else 0.0))


class Loss(NamedTuple):
    """A loss, what it is for towers that see nothing, and where its logits start.

    Attributes:
        of: (logits, caption_ids) → scalar.
        of_chance: caption_ids → the best loss of constant logits, in nats.
        temperature: initial temperature.
        bias: initial bias of the logits; None where the loss has none.
    """

    of: Callable[[Tensor, Tensor], Tensor]
    of_chance: Callable[[Tensor], float]
    temperature: float
    bias: float | None


LOSSES = {
    "info_nce": Loss(info_nce, chance_of_info_nce, temperature=0.07, bias=None),
    "siglip": Loss(siglip, chance_of_siglip, temperature=0.1, bias=-10.0),
}
