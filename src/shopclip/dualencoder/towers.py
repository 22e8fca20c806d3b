"""The two towers: an encoder, its pooling and a projection into the shared space."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Tensor, nn

from shopclip.dualencoder.encoder_config import Stem
from shopclip.dualencoder.encoders import ConvolutionalStem
from shopclip.dualencoder.pixels import to_pixel_values


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


Encode = Callable[..., Any]


class Projection(nn.Sequential):
    """LayerNorm and a linear map: (batch, width) → L2-normalised (batch, embed_dim).

    The norm takes out the common direction of anisotropic features, such as GPT-2's. Both are in
    fp32 whatever the encoder computes in: a unit vector in bf16 would be off by half a percent.
    """

    def __init__(self, width: int, embed_dim: int) -> None:
        super().__init__(nn.LayerNorm(width), nn.Linear(width, embed_dim, bias=False))

    def forward(self, features: Tensor) -> Tensor:
        with torch.autocast(features.device.type, enabled=False):
            return F.normalize(super().forward(features.float()), dim=-1)


class TextTower(nn.Module):
    """input_ids and attention_mask, int64 (batch, tokens) → float (batch, embed_dim)."""

    def __init__(
        self, encoder: nn.Module, tokenizer: Any, *, embed_dim: int, pooling: str, max_tokens: int
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.tokenizer = tokenizer
        self.max_tokens = min(max_tokens, _positions(encoder))
        self.pooling = text_pooling(encoder.config) if pooling == "auto" else pooling
        self.projection = Projection(encoder.config.hidden_size, embed_dim)  # type: ignore[union-attr,arg-type]
        encoder.config.use_cache = False  # type: ignore[union-attr]

    def features(
        self, input_ids: Tensor, attention_mask: Tensor, *, encoder: Encode | None = None
    ) -> Tensor:
        """What the projection gets, (batch, width).

        Args:
            encoder: another form of the tower's own one, such as its compiled form.
        """
        encode = self.encoder if encoder is None else encoder
        output = encode(input_ids=input_ids, attention_mask=attention_mask)
        return POOLINGS[self.pooling](output.last_hidden_state, attention_mask)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.projection(self.features(input_ids, attention_mask))


class ImageTower(nn.Module):
    """uint8 pixels (batch, height, width, 3) → float (batch, embed_dim)."""

    def __init__(
        self, encoder: nn.Module, *, size: tuple[int, int], embed_dim: int, pooling: str
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.size = size
        self.pooling = image_pooling(encoder) if pooling == "auto" else pooling
        self.projection = Projection(_width(encoder.config), embed_dim)
        expected = getattr(encoder.config, "image_size", None)
        made_for = tuple(expected) if isinstance(expected, list | tuple) else (expected, expected)
        resizes = expected is not None and made_for != tuple(size)
        self.options = (
            {"interpolate_pos_encoding": True} if resizes and self.pooling == "cls" else {}
        )

    def features(self, images: Tensor, *, encoder: Encode | None = None) -> Tensor:
        """What the projection gets, (batch, width).

        Args:
            encoder: another form of the tower's own one, such as its compiled form. It sees
                pictures at one size, whatever theirs is.
        """
        encode = self.encoder if encoder is None else encoder
        output = encode(pixel_values=to_pixel_values(images, self.size), **self.options)
        return POOLINGS[self.pooling](output.last_hidden_state, None)

    @property
    def stem(self) -> Stem:
        has = any(isinstance(module, ConvolutionalStem) for module in self.encoder.modules())
        return "convolutional" if has else "auto"

    def forward(self, images: Tensor) -> Tensor:
        return self.projection(self.features(images))


def _positions(encoder: nn.Module) -> int:
    """Tokens that a text encoder has positions for; RoBERTa's begin after that of padding."""
    positions = int(getattr(encoder.config, "max_position_embeddings", None) or 512)
    tables = (
        module
        for name, module in encoder.named_modules()
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding)
    )
    padding = next((table.padding_idx for table in tables), None)
    return positions if padding is None else positions - padding - 1


def _width(config: Any) -> int:
    """Channels of the last feature map, or the width of the tokens."""
    sizes = getattr(config, "hidden_sizes", None)
    return int(sizes[-1] if sizes else config.hidden_size)
