"""The two towers: an encoder, its pooling and a projection into the shared space."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Tensor, nn

from shopclip.dualencoder.encoder_spec import Stem
from shopclip.dualencoder.pixels import to_pixel_values
from shopclip.dualencoder.pooling import POOLINGS, image_pooling, text_pooling
from shopclip.dualencoder.stem import ConvolutionalStem

Encode = Callable[..., Any]


class Projection(nn.Sequential):
    """LayerNorm and a linear map: (batch, width) → L2-normalised (batch, dimensions).

    The norm takes out the common direction of anisotropic features, such as GPT-2's. Both are in
    fp32 whatever the encoder computes in: a unit vector in bf16 would be off by half a percent.
    """

    def __init__(self, width: int, dimensions: int) -> None:
        super().__init__(nn.LayerNorm(width), nn.Linear(width, dimensions, bias=False))

    def forward(self, features: Tensor) -> Tensor:
        with torch.autocast(features.device.type, enabled=False):
            return F.normalize(super().forward(features.float()), dim=-1)


class TextTower(nn.Module):
    """input_ids and attention_mask, int64 (batch, tokens) → float (batch, dimensions)."""

    def __init__(
        self, encoder: nn.Module, tokenizer: Any, *, dimensions: int, pooling: str, max_tokens: int
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.tokenizer = tokenizer
        self.max_tokens = min(max_tokens, _positions(encoder))
        self.pooling = text_pooling(encoder.config) if pooling == "auto" else pooling
        self.projection = Projection(encoder.config.hidden_size, dimensions)  # type: ignore[union-attr,arg-type]
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
    """uint8 pixels (batch, height, width, 3) → float (batch, dimensions)."""

    def __init__(
        self, encoder: nn.Module, *, size: tuple[int, int], dimensions: int, pooling: str
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.size = size
        self.pooling = image_pooling(encoder) if pooling == "auto" else pooling
        self.projection = Projection(_width(encoder.config), dimensions)
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
