"""How a tower turns the states of its encoder into one vector."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


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


POOLINGS = {"cls": cls, "last": last, "mean": mean}


def text_pooling(config: Any) -> str:
    """`last` for causal architectures, `cls` for the others."""
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    )

    # BERT stands in both lists, as it can be asked to be causal; it is not unless it says so.
    causal = config.model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    masked = config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES
    return "last" if (causal and not masked) or getattr(config, "is_decoder", False) else "cls"


def image_pooling(encoder: nn.Module) -> str:
    """`cls` for an encoder that has such a token, `mean` over patches or positions otherwise."""
    names = (name.rsplit(".", 1)[-1] for name, _ in encoder.named_parameters())
    return "cls" if any(name in ("cls_token", "class_embedding") for name in names) else "mean"
