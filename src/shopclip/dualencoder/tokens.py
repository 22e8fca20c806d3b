"""Captions tokenised once, kept as one matrix, cut per batch to its own longest caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Tokens:
    """Token ids of many captions.

    Attributes:
        ids: int64 (captions, longest), padded on the right.
        lengths: int64 (captions,), tokens that are not padding.
    """

    ids: Tensor
    lengths: Tensor

    @classmethod
    def of(cls, captions: Sequence[str], tokenizer: Any, max_tokens: int) -> Tokens:
        """Tokenise captions; a caption without any token becomes one padding token."""
        encoded = (
            tokenizer(list(captions), truncation=True, max_length=max_tokens)["input_ids"]
            if captions
            else []
        )
        lengths = np.array([len(ids) for ids in encoded], dtype=np.int64)
        matrix = np.full(
            (len(encoded), max(1, lengths.max(initial=0))), tokenizer.pad_token_id, dtype=np.int64
        )
        for row, ids in zip(matrix, encoded, strict=True):
            row[: len(ids)] = ids
        return cls(torch.from_numpy(matrix), torch.from_numpy(lengths.clip(min=1)))

    def batch(self, rows: Tensor, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
        """`input_ids` and `attention_mask`, both int64 (rows, longest of these rows)."""
        lengths = self.lengths[rows]
        longest = int(lengths.max())
        mask = (torch.arange(longest) < lengths[:, None]).long()
        return self.ids[rows, :longest].to(device), mask.to(device)
