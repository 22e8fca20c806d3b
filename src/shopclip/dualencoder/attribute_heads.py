"""The products' attributes as labels: what a caption leaves out still teaches what to look at.

Linear classifiers over the shared space, beside the contrastive loss and for training alone, as the
classification branch of SuperCLIP (2025, arXiv 2512.14480), but with a table's columns as classes
and over both towers.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F  # noqa: N812  torch's own name for it
from jaxtyping import Float, Int
from torch import Tensor, nn

UNKNOWN = -1  # the label of a product that lacks an attribute


class AttributeHeads(nn.Module):
    """A linear classifier an attribute, shared by both towers; not in the saved model.

    Args:
        embed_dim: of the shared space.
        classes: how many values each attribute has.
    """

    def __init__(self, embed_dim: int, classes: Sequence[int]) -> None:
        super().__init__()
        self.embed_dim = embed_dim
        self.heads = nn.ModuleList(nn.Linear(embed_dim, count) for count in classes)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)  # nothing left to chance: at first all values are alike

    def forward(
        self,
        images: Float[Tensor, "shard embed_dim"],
        texts: Float[Tensor, "shard embed_dim"],
        labels: Int[Tensor, "shard attributes"],
        batch: int,
    ) -> Float[Tensor, ""]:
        """This worker's part of the loss; the sum over all workers is that of the batch.

        Args:
            images, texts: L2-normalized embeddings.
            labels: from 0; `UNKNOWN` counts for nothing.
            batch: examples of all workers.

        Returns:
            Cross-entropy in nats, summed over the attributes, the mean of both towers.
        """
        total = images.new_zeros(())
        for embeddings in (images, texts):
            # A unit vector's entries are too small for a classifier: scaled as a norm would.
            scaled = embeddings.float() * self.embed_dim**0.5
            for head, column in zip(self.heads, labels.T, strict=True):
                total = total + F.cross_entropy(
                    head(scaled), column, ignore_index=UNKNOWN, reduction="sum"
                )
        return total / (2 * batch)
