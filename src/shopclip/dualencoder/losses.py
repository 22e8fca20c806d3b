"""Contrastive losses over a batch of image and text embeddings."""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Tensor


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
    positives = (caption_ids[:, None] == caption_ids[None, :]).to(logits.dtype)
    targets = positives / positives.sum(dim=1, keepdim=True)
    image_to_text = F.cross_entropy(logits, targets)
    text_to_image = F.cross_entropy(logits.T, targets)
    return (image_to_text + text_to_image) / 2
