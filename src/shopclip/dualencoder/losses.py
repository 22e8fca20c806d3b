"""Contrastive losses over a batch of image and text embeddings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from jaxtyping import Bool, Float, Int
from torch import Tensor

from shopclip.dualencoder.parallel.workers import Workers


def same_caption(
    caption_ids: Int[Tensor, " rows"], gallery_ids: Int[Tensor, " gallery"]
) -> Bool[Tensor, "rows gallery"]:
    """Who is whose positive."""
    return caption_ids[:, None] == gallery_ids[None, :]


def info_nce(
    logits: Float[Tensor, "batch batch"], caption_ids: Int[Tensor, " batch"]
) -> Float[Tensor, ""]:
    """Symmetric InfoNCE in which examples with the same caption are positives of each other.

    Each row's target is uniform over its positives, which is L_out of Khosla et al. 2020
    (Supervised Contrastive Learning, equation 2) applied across the two modalities; with distinct
    captions it is the loss of CLIP (Radford et al. 2021, figure 3).

    Args:
        logits: scaled cosine similarities; rows are images, columns captions.
        caption_ids: the caption of each example.

    Returns:
        The mean of the image→text and the text→image loss in nats.
    """
    positives = same_caption(caption_ids, caption_ids)
    return (softmax_rows(logits, positives) + softmax_rows(logits.T, positives)) / 2


def siglip(
    logits: Float[Tensor, "batch batch"], caption_ids: Int[Tensor, " batch"]
) -> Float[Tensor, ""]:
    """Sigmoid loss: is this caption that image's or not, asked of every combination of the batch.

    Zhai et al. 2023 (Sigmoid Loss for Language Image Pre-Training, algorithm 1), with every example
    of the same caption answered yes.

    Args:
        logits: scaled cosine similarities plus a bias.
        caption_ids: the caption of each example.

    Returns:
        The sum over all combinations divided by the batch size, in nats.
    """
    return sigmoid_rows(logits, same_caption(caption_ids, caption_ids))


def softmax_rows(
    logits: Float[Tensor, "rows gallery"], positives: Bool[Tensor, "rows gallery"]
) -> Float[Tensor, ""]:
    """Mean cross-entropy of rows whose target is uniform over their positives.

    Args:
        positives: at least one a row.
    """
    targets = positives.to(logits.dtype)
    return F.cross_entropy(logits, targets / targets.sum(dim=1, keepdim=True))


def sigmoid_rows(
    logits: Float[Tensor, "rows gallery"], positives: Bool[Tensor, "rows gallery"]
) -> Float[Tensor, ""]:
    """Sum of every combination's binary cross-entropy by the number of rows."""
    signs = positives.to(logits.dtype) * 2 - 1
    return -F.logsigmoid(signs * logits).sum() / len(logits)


def uniform_info_nce(caption_ids: Int[Tensor, " batch"]) -> float:
    """ln(batch): whatever the positives, all captions are equally likely."""
    return math.log(len(caption_ids))


def uniform_siglip(caption_ids: Int[Tensor, " batch"]) -> float:
    """batch × the entropy of a coin that says yes as often as it should."""
    batch = len(caption_ids)
    yes = same_caption(caption_ids, caption_ids).float().mean().item()
    no = 1 - yes
    return -batch * (yes * math.log(yes) + (no * math.log(no) if no else 0.0))


class Loss(NamedTuple):
    """A loss, what it is for uninformative embeddings, and where its logits start.

    Attributes:
        of: (logits, caption_ids) → scalar.
        of_rows: (logits, positives) → the mean over some rows of one direction, a scalar.
        uniform: caption_ids → the best loss of constant logits, in nats.
        temperature: initial temperature.
        bias: initial bias of the logits; None where the loss has none.
    """

    of: Callable[[Tensor, Tensor], Tensor]
    of_rows: Callable[[Tensor, Tensor], Tensor]
    uniform: Callable[[Tensor], float]
    temperature: float
    bias: float | None


LOSSES = {
    "info_nce": Loss(info_nce, softmax_rows, uniform_info_nce, temperature=0.07, bias=None),
    "siglip": Loss(siglip, sigmoid_rows, uniform_siglip, temperature=0.1, bias=-10.0),
}


def contrast(
    images: Float[Tensor, "shard embed_dim"],
    texts: Float[Tensor, "shard embed_dim"],
    caption_ids: Int[Tensor, " batch"],
    loss: Loss,
    temperature: Callable[[Tensor], Tensor],
    workers: Workers,
) -> Float[Tensor, ""]:
    """What this worker's examples have of the loss; the sum over all workers is that of the batch.

    Each contrasts its own rows with the embeddings of all, so that none computes the whole matrix,
    and passes on the gradient for those of others.

    Args:
        images, texts: L2-normalized.
        caption_ids: of all workers' examples.
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
