"""The two towers: an encoder, its pooling and a projection into the shared space."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Tensor, nn

from shopclip.dualencoder.encoder_config import Stem
from shopclip.dualencoder.encoders import Origin
from shopclip.dualencoder.pooling import pooled
from shopclip.dualencoder.preprocessing import (
    NaFlexPatches,
    PixelValues,
    Preprocessing,
    PreprocessingError,
)
from shopclip.dualencoder.probe import ImageFacts, TextFacts, probe_image, probe_text, takes
from shopclip.dualencoder.stem import ConvolutionalStem

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


class OwnProjection(nn.Module):
    """That of a public model, (batch, width) → L2-normalised (batch, embed_dim).

    Args:
        linear: its last layer; None where its encoder's own head makes the embedding.
    """

    def __init__(self, linear: nn.Module | None) -> None:
        super().__init__()
        self.linear = linear

    def forward(self, features: Tensor) -> Tensor:
        with torch.autocast(features.device.type, enabled=False):
            features = features.float()
            return F.normalize(features if self.linear is None else self.linear(features), dim=-1)


def embed_dim_of(projection: nn.Module, width: int) -> int:
    """Width of the shared space that features of this width are projected into."""
    with torch.no_grad():
        weights = list(projection.parameters())
        zeros = torch.zeros(2, width, device=weights[0].device if weights else None)
        return int(projection(zeros).shape[1])


class TextTower(nn.Module):
    """input_ids and attention_mask, int64 (batch, tokens) → float (batch, embed_dim).

    Args:
        encoder: from transformers, or a part of a model from there, or one that is called the same.
        tokenizer: its tokenizer; None for one whose shapes alone matter.
        embed_dim: width of the shared space.
        pooling: one of `POOLINGS`, `pooler`, or `auto`, which finds the one that fits.
        max_tokens: the most that are read; the rest of a caption is cut off.
        origin: where the encoder comes from; a whole model from scratch by default.
        facts: what is known of the encoder, where it has been tried before.
        projection: into the shared space, where it is not a new one.
    """

    projection: nn.Module

    def __init__(
        self,
        encoder: nn.Module,
        tokenizer: Any,
        *,
        embed_dim: int,
        pooling: str,
        max_tokens: int,
        origin: Origin | None = None,
        facts: TextFacts | None = None,
        projection: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.encoder, self.tokenizer = encoder, tokenizer
        self.origin = origin or Origin.of(encoder)
        self._takes = takes(self.encoder)
        self.encoder.config.use_cache = False  # type: ignore[union-attr]
        facts = facts or getattr(encoder, "facts", None)
        if facts is None:
            head = self.origin.head
            limits = max_tokens, _positions(encoder), head and head.max_tokens
            facts = probe_text(
                encoder,
                self._run,
                tokenizer,
                pooling=head.pooling if head and pooling == "auto" else pooling,
                max_tokens=min(limit for limit in limits if limit),
                own_head=self.origin.own_head,
            )
            self.origin.check_weights(facts.unused)
        self.facts, self.max_tokens, self.pooling = facts, facts.max_tokens, facts.pooling
        self.projection = projection or Projection(facts.width, embed_dim)
        self.embed_dim = embed_dim_of(self.projection, facts.width)

    def features(
        self, input_ids: Tensor, attention_mask: Tensor, *, encoder: Encode | None = None
    ) -> Tensor:
        """What the projection gets, (batch, width).

        Args:
            encoder: another form of the tower's own one, such as its compiled form.
        """
        least = self.facts.min_tokens
        if least > 1 and (short := least - input_ids.shape[1]) > 0:
            input_ids = F.pad(input_ids, (0, short), value=self.tokenizer.pad_token_id)
            attention_mask = F.pad(attention_mask, (0, short))
        if not self.facts.isolated:
            return self._features(input_ids, attention_mask, encoder)
        lengths = attention_mask.sum(dim=1).clip(min=least)
        order, parts = [], []
        for length in lengths.unique().tolist():  # what depends on padding gets none
            (rows,) = torch.where(lengths == length)
            ids, mask = input_ids[rows, :length], attention_mask[rows, :length]
            parts.append(self._features(ids, mask, encoder))
            order.append(rows)
        return torch.cat(parts)[torch.cat(order).argsort()]

    def _features(self, ids: Tensor, mask: Tensor, encoder: Encode | None) -> Tensor:
        vectors = pooled(self._run(ids, mask, encoder), self.pooling, mask)
        return vectors if self.origin.head is None else self.origin.head(vectors)

    def _run(self, input_ids: Tensor, attention_mask: Tensor, encoder: Encode | None = None) -> Any:
        encode = self.encoder if encoder is None else encoder
        return encode(**self.inputs(input_ids, attention_mask))

    def inputs(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """What the encoder is called with."""
        reads_mask = "attention_mask" in self._takes
        if (length := self.origin.pad_to) is not None and self.tokenizer is not None:
            # Trained on captions padded to one length, and of most without a mask.
            reads_mask = reads_mask and "attention_mask" in self.tokenizer.model_input_names
            left = self.tokenizer.padding_side == "left"
            pad = self.tokenizer.pad_token_id
            input_ids, attention_mask = _padded(input_ids, attention_mask, length, pad, left)
        if not reads_mask:
            return {"input_ids": input_ids}
        return {"input_ids": input_ids, "attention_mask": attention_mask}

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.projection(self.features(input_ids, attention_mask))  # type: ignore[no-any-return]


class ImageTower(nn.Module):
    """uint8 pixels (batch, height, width, 3) → float (batch, embed_dim).

    Args:
        encoder: as of `TextTower`.
        size: height and width in pixels that the encoder sees, resized to whatever the shape and
            scaled to [-1, 1], where there is no `preprocessing`.
        preprocessing: what makes the encoder's inputs of stored pixels.
        pooling, origin, facts, projection: as of `TextTower`.
        flip_test: embed a picture, but in training, as the mean of itself and its mirror image.

    Raises:
        PreprocessingError: `flip_test` of pictures that come in patches, which are not mirrored.
    """

    projection: nn.Module

    def __init__(
        self,
        encoder: nn.Module,
        *,
        size: tuple[int, int] | None = None,
        embed_dim: int,
        pooling: str,
        preprocessing: Preprocessing | None = None,
        origin: Origin | None = None,
        facts: ImageFacts | None = None,
        projection: nn.Module | None = None,
        flip_test: bool = False,
    ) -> None:
        super().__init__()
        self.encoder, self.flip_test = encoder, flip_test
        self.origin = origin or Origin.of(encoder)
        if preprocessing is None:
            assert size is not None, "an image tower takes a size or a preprocessing"
            preprocessing = PixelValues(size)
        if flip_test and isinstance(preprocessing, NaFlexPatches):
            raise PreprocessingError(
                "flip_test mirrors whole pictures, and this encoder takes patches; leave it out"
            )
        self.preprocessing = preprocessing
        self.options = self._options()
        facts = facts or getattr(encoder, "facts", None)
        if facts is None:
            lacks = self.origin.missing_here
            facts = probe_image(encoder, self._run, preprocessing, pooling, lacks)
            self.origin.check_weights(facts.unused)
        self.facts = facts
        self.pooling = self.facts.pooling
        self.projection = projection or Projection(self.facts.width, embed_dim)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels that the encoder sees."""
        return self.preprocessing.size

    def features(self, images: Tensor, *, encoder: Encode | None = None) -> Tensor:
        """What the projection gets, (batch, width).

        Args:
            encoder: another form of the tower's own one, such as its compiled form. It sees
                pictures at one size, whatever theirs is.
        """
        return pooled(self._run(images, encoder), self.pooling)

    def embed_inputs(self, inputs: dict[str, Tensor]) -> Tensor:
        """What the preprocessing has made of pixels → (batch, embed_dim)."""
        embeddings = self._embed(inputs)
        if self.training or not self.flip_test:
            return embeddings
        mirrored = self._embed({**inputs, "pixel_values": inputs["pixel_values"].flip(-1)})
        return F.normalize(embeddings + mirrored, dim=-1)

    def _embed(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.projection(pooled(self._encode(inputs), self.pooling))  # type: ignore[no-any-return]

    def _run(self, images: Tensor, encoder: Encode | None = None) -> Any:
        return self._encode(self.preprocessing(images), encoder)

    def _encode(self, inputs: dict[str, Tensor], encoder: Encode | None = None) -> Any:
        encode = self.encoder if encoder is None else encoder
        dtype = next(self.encoder.parameters()).dtype
        if dtype != torch.float32:
            inputs["pixel_values"] = inputs["pixel_values"].to(dtype)
        if self._shuffles:  # patches by their noise; none of them is masked
            patches = self._patches(inputs["pixel_values"])
            inputs["noise"] = patches.expand(len(inputs["pixel_values"]), -1)
        return encode(**inputs, **self.options)

    def _options(self) -> dict[str, bool]:
        self._takes = takes(self.encoder)
        config: Any = self.encoder.config
        self._shuffles = config.model_type == "vit_mae"
        if self._shuffles:
            config.mask_ratio = 0.0
        expected = getattr(config, "image_size", None)
        made_for = tuple(expected) if isinstance(expected, list | tuple) else (expected, expected)
        resizes = expected is not None and made_for != tuple(self.size)
        interpolates = resizes and "interpolate_pos_encoding" in self._takes
        return {"interpolate_pos_encoding": True} if interpolates else {}

    def _patches(self, pixel_values: Tensor) -> Tensor:
        config: Any = self.encoder.config
        patch = int(config.patch_size)
        count = (pixel_values.shape[-2] // patch) * (pixel_values.shape[-1] // patch)
        return torch.arange(count, dtype=torch.float32, device=pixel_values.device)[None]

    @property
    def stem(self) -> Stem:
        has = any(isinstance(module, ConvolutionalStem) for module in self.encoder.modules())
        return "convolutional" if has else "auto"

    def forward(self, images: Tensor) -> Tensor:
        return self.embed_inputs(self.preprocessing(images))


def _padded(ids: Tensor, mask: Tensor, length: int, pad: int, left: bool) -> tuple[Tensor, Tensor]:
    """Captions padded on the right → of this length, padded on the side that they should be."""
    more = (0, length - ids.shape[1])
    ids, mask = F.pad(ids, more, value=pad), F.pad(mask, more)
    if not left:
        return ids, mask
    places = torch.arange(length, device=ids.device) + mask.sum(dim=1, keepdim=True)
    places = places % length
    return ids.gather(1, places), mask.gather(1, places)


def _positions(encoder: nn.Module) -> int:
    """Tokens that a text encoder has positions for; RoBERTa's begin after that of padding."""
    positions = int(getattr(encoder.config, "max_position_embeddings", None) or 512)
    tables = (
        module
        for name, module in encoder.named_modules()
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding)
    )
    padding = next((table.padding_idx for table in tables), None)
    if positions <= 0:  # as DeBERTa says that it has no limit
        return 512
    return positions if padding is None else positions - padding - 1
