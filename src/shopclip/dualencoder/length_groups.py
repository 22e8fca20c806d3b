"""Captions of like length through the text tower together, so that little of it is padding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

GROUPS = 4


@dataclass(frozen=True)
class LengthGroups:
    """A text tower that takes a batch in a few groups, each padded to its own longest caption.

    A batch is padded to its longest caption, which is more than twice the mean. The result is that
    of the tower, which treats every caption by itself. Worth it where arithmetic is what costs: on
    a CPU, not on a GPU, which would wait for the lengths.
    """

    tower: Callable[[Tensor, Tensor], Tensor]

    def __call__(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """int64 (batch, tokens) twice → L2-normalised float (batch, dimensions)."""
        lengths = attention_mask.sum(dim=1)
        order = lengths.argsort()
        parts = [
            self.tower(input_ids[rows, :longest], attention_mask[rows, :longest])
            for rows in order.tensor_split(GROUPS)
            if len(rows) and (longest := int(lengths[rows[-1]]))
        ]
        return torch.cat(parts)[order.argsort()]
