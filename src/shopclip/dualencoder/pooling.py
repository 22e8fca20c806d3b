"""From the states of an encoder's tokens or positions to one vector."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def cls(states: Tensor, mask: Tensor | None = None) -> Tensor:
    """The first token: (batch, tokens, width) → (batch, width)."""
    return states[:, 0]


def last(states: Tensor, mask: Tensor | None = None) -> Tensor:
    """The last token that is not padding: the only one that a causal encoder lets see them all."""
    if mask is None:
        return states[:, -1]
    rows = torch.arange(states.shape[0], device=states.device)  # len() would freeze an export
    return states[rows, mask.sum(dim=1) - 1]


def mean(states: Tensor, mask: Tensor | None = None) -> Tensor:
    """The mean over tokens that are not padding, or over the positions of a feature map."""
    if states.ndim == 4:
        return states.mean(dim=(2, 3))
    if mask is None:
        return states.mean(dim=1)
    weights = mask[..., None].to(states.dtype)
    return (states * weights).sum(dim=1) / weights.sum(dim=1)


def maximum(states: Tensor, mask: Tensor | None = None) -> Tensor:
    """The largest of each channel, over the same tokens or positions as `mean`."""
    if states.ndim == 4:
        return states.amax(dim=(2, 3))
    if mask is not None:
        states = states.masked_fill(mask[..., None] == 0, torch.finfo(states.dtype).min)
    return states.amax(dim=1)


POOLINGS = {"cls": cls, "last": last, "mean": mean, "max": maximum}


def pooled(output: Any, pooling: str, mask: Tensor | None = None) -> Tensor:
    """What an encoder says of its input as one vector.

    Args:
        output: of a transformers encoder.
        pooling: one of `POOLINGS`, or `pooler` for what a head of the encoder's own made of them.
        mask: int64 (batch, tokens), 0 where padding is.

    Returns:
        (batch, width).
    """
    if pooling == "pooler":
        return output.pooler_output.flatten(1)  # type: ignore[no-any-return]
    return POOLINGS[pooling](states_of(output), mask)


def states_of(output: Any) -> Tensor:
    """(batch, tokens, width), or a feature map (batch, width, height, width in positions)."""
    states = getattr(output, "last_hidden_state", None)
    if states is None and (maps := getattr(output, "feature_maps", None)) is not None:
        states = maps[-1]
    return output[0] if states is None else states  # type: ignore[no-any-return]
