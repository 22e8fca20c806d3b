"""Contrastive losses over a batch of image and text embeddings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Tensor

from shopclip.dualencoder.parallel.workers import Workers


def same_caption(caption_ids: Tensor, gallery_ids: Tensor) -> Tensor:
    """Who is whose positive: integer (rows,), integer (gallery,) → bool (rows, gallery)."""
    return caption_ids[:, None] == gallery_ids[None, :]


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
    positives = same_caption(caption_ids, caption_ids)
    return (softmax_rows(logits, positives) + softmax_rows(logits.T, positives)) / 2


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
    return sigmoid_rows(logits, same_caption(caption_ids, caption_ids))


def softmax_rows(logits: Tensor, positives: Tensor) -> Tensor:
    """Mean cross-entropy of rows whose target is uniform over their positives.

    Args:
        logits: float (rows, gallery).
        positives: bool (rows, gallery), at least one a row.
    """
    targets = positives.to(logits.dtype)
    return F.cross_entropy(logits, targets / targets.sum(dim=1, keepdim=True))


def sigmoid_rows(logits: Tensor, positives: Tensor) -> Tensor:
    """Sum of every combination's binary cross-entropy by the number of rows; shapes as above."""
    signs = positives.to(logits.dtype) * 2 - 1
    return -F.logsigmoid(signs * logits).sum() / len(logits)


def chance_of_info_nce(caption_ids: Tensor) -> float:
    """ln(batch): whatever the positives, all captions are equally likely."""
    return math.log(len(caption_ids))


def chance_of_siglip(caption_ids: Tensor) -> float:
    """batch × the entropy of a coin that says yes as often as it should."""
    batch = len(caption_ids)
    yes = same_caption(caption_ids, caption_ids).float().mean().item()
    no = 1 - yes
    return -batch * (yes * math.log(yes) + (no * math.log(no) if no else 0.0))


class Loss(NamedTuple):
    """A loss, what it is for towers that see nothing, and where its logits start.

    Attributes:
        of: (logits, caption_ids) → scalar.
        of_rows: (logits, positives) → the mean over some rows of one direction, a scalar.
        of_chance: caption_ids → the best loss of constant logits, in nats.
        temperature: initial temperature.
        bias: initial bias of the logits; None where the loss has none.
    """

    of: Callable[[Tensor, Tensor], Tensor]
    of_rows: Callable[[Tensor, Tensor], Tensor]
    of_chance: Callable[[Tensor], float]
    temperature: float
    bias: float | None


LOSSES = {
    "info_nce": Loss(info_nce, softmax_rows, chance_of_info_nce, temperature=0.07, bias=None),
    "siglip": Loss(siglip, sigmoid_rows, chance_of_siglip, temperature=0.1, bias=-10.0),
}


def contrast(
    images: Tensor,
    texts: Tensor,
    caption_ids: Tensor,
    loss: Loss,
    temperature: Callable[[Tensor], Tensor],
    workers: Workers,
) -> Tensor:
    """What this worker's examples have of the loss; the sum over all workers is that of the batch.

    Each contrasts its own rows with the embeddings of all, so that none computes the whole matrix,
    and passes on the gradient for those of others.

    Args:
        images, texts: L2-normalised float (part, embed_dim).
        caption_ids: integer (batch,), of all workers' examples.
        temperature: cosine similarities → logits.
    """
    if workers.world_size == 1:
        return loss.of(temperature(images @ texts.T), caption_ids)
    all_images, all_texts = workers.all_gather(torch.cat([images, texts], dim=1)).chunk(2, dim=1)
    own = workers.shard(len(caption_ids)).of(caption_ids)
    positives = same_caption(own, caption_ids)
    image_to_text = loss.of_rows(temperature(images @ all_texts.T), positives)
    text_to_image = loss.of_rows(temperature(texts @ all_images.T), positives)
    return (image_to_text + text_to_image) / (2 * workers.world_size)
