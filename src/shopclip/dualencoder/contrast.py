"""The contrastive loss of a batch that several workers have embedded, each its part."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from shopclip.dualencoder.losses import Loss, same_caption
from shopclip.dualencoder.parallel.workers import Workers


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
        images, texts: L2-normalised float (part, dimensions).
        caption_ids: integer (batch,), of all workers' examples.
        temperature: cosine similarities → logits.
    """
    if workers.count == 1:
        return loss.of(temperature(images @ texts.T), caption_ids)
    all_images, all_texts = workers.gather(torch.cat([images, texts], dim=1)).chunk(2, dim=1)
    own = workers.part(len(caption_ids)).of(caption_ids)
    positives = same_caption(own, caption_ids)
    image_to_text = loss.of_rows(temperature(images @ all_texts.T), positives)
    text_to_image = loss.of_rows(temperature(texts @ all_images.T), positives)
    return (image_to_text + text_to_image) / (2 * workers.count)
