"""Encoders from transformers: pretrained by hub name or local folder, or built from a config."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from shopclip.dualencoder.devices import DTYPES
from shopclip.dualencoder.encoder_config import (
    Dtype,
    EncoderConfigError,
    ImageEncoder,
    Source,
    Stem,
    TextEncoder,
)
from shopclip.dualencoder.pretrained import (
    EncoderUnavailableError,
    is_open_clip,
    load_config,
    load_model,
    load_tokenizer,
)
from shopclip.dualencoder.sentence_transformer import SentenceTransformerHead, read_head
from shopclip.dualencoder.stem import ConvolutionalStem, StemError, put_convolutional_stem
from shopclip.dualencoder.tokenization import train_tokenizer

__all__ = [
    "ConvolutionalStem",
    "EncoderUnavailableError",
    "Origin",
    "StemError",
    "build_image_encoder",
    "build_text_encoder",
]

PARTS = {"text": "text_model", "image": "vision_model"}  # of a model with two towers


@dataclass(frozen=True)
class Origin:
    """What of an encoder's origin has to be known to call it and to build it again.

    Attributes:
        config: of the whole model that it is, or is a part of; with its `model_type`.
        part: its attribute in that model, `encoder` of one with a decoder; None if it is all.
        own_head: whether it was trained with its own pooler, where it has one.
        pad_to: tokens to which its captions were padded, and read without a mask.
        head: what sentence-transformers does with its states.
        name: of a pretrained one.
        missing: names of weights that the pretrained files did not hold.
        library: that builds it again, transformers or open_clip.
    """

    config: Mapping[str, Any]
    part: str | None = None
    own_head: bool = False
    pad_to: int | None = None
    head: SentenceTransformerHead | None = None
    name: str | None = None
    missing: frozenset[str] = frozenset()
    library: str = "transformers"

    @classmethod
    def of(cls, encoder: nn.Module) -> Origin:
        """That of a whole model from scratch."""
        return cls(encoder.config.to_dict())  # type: ignore[union-attr,operator]

    def with_head(self, head: SentenceTransformerHead | None) -> Origin:
        return replace(self, head=head)

    @property
    def missing_here(self) -> frozenset[str]:
        """Names of the encoder's own weights that the files did not hold."""
        prefix = f"{self.part}." if self.part else ""
        own = (name for name in self.missing if name.startswith(prefix))
        return frozenset(name.removeprefix(prefix) for name in own)

    def check_weights(self, unused: frozenset[str]) -> None:
        """Accept pretrained files that held every weight with a part in what the encoder says.

        Raises:
            EncoderUnavailableError: they did not.
        """
        if lost := sorted(self.missing_here - unused):
            raise EncoderUnavailableError(
                f"{self.name}: the files hold no weights for {lost[0]}"
                + (f" and {len(lost) - 1} more" if len(lost) > 1 else "")
                + ", which would stay random; expected the whole encoder, under the names that "
                "transformers gives them"
            )


def build_text_encoder(spec: TextEncoder, captions: Iterable[str]) -> tuple[nn.Module, Any, Origin]:
    """The encoder, its tokenizer and its origin.

    Args:
        captions: that train the tokenizer of an encoder from scratch.

    Raises:
        EncoderUnavailableError: a pretrained one cannot be had.
        EncoderConfigError: it is none of texts.
    """
    if (source := spec.source) is not None:
        if is_open_clip(source):
            from shopclip.dualencoder.open_clip_models import load_text

            return load_text(source)
        encoder, origin = load_encoder(source, "text", spec.dtype)
        tokenizer = load_tokenizer(source, encoder)
        return encoder, tokenizer, replace(origin, head=read_head(source))
    assert spec.config is not None
    tokenizer = train_tokenizer(spec.config["model_type"], captions, spec.vocab_size)
    ids = {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    encoder, origin = encoder_from_config({**spec.config, **ids}, "text")
    return encoder, tokenizer, origin


def build_image_encoder(spec: ImageEncoder, size: tuple[int, int]) -> tuple[nn.Module, Origin]:
    """The encoder and its origin.

    Args:
        size: height and width in pixels of the images that one from scratch is made for.

    Raises:
        EncoderUnavailableError: a pretrained one cannot be had.
        EncoderConfigError: it is none of pictures.
        StemError: the encoder cannot have the stem asked for.
    """
    if (source := spec.source) is not None:
        if is_open_clip(source):
            from shopclip.dualencoder.open_clip_models import load_image

            return load_image(source)
        return load_encoder(source, "image", spec.dtype)
    assert spec.config is not None
    return image_encoder_from_config({"image_size": list(size), **spec.config}, spec.stem)


def image_encoder_from_config(
    config: dict[str, Any], stem: Stem, *, pretrained: bool = False
) -> tuple[nn.Module, Origin]:
    """A randomly initialised encoder with this stem, and its origin."""
    encoder, origin = encoder_from_config(config, "image", pretrained=pretrained)
    if stem == "convolutional":
        put_convolutional_stem(encoder)
    return encoder, origin


def load_encoder(source: Source, side: str, dtype: Dtype = "fp32") -> tuple[nn.Module, Origin]:
    """A pretrained encoder without the heads of its pretraining task, and its origin.

    Args:
        side: `text` or `image`, which of a model with two towers.
    """
    config = load_config(source)
    options = _headless(type(config))
    model, missing = load_model(source, options)
    encoder, origin = part_of(model, side, pretrained=True)
    return encoder.to(DTYPES[dtype]), replace(origin, name=source.name, missing=missing)


def encoder_from_config(
    config: Mapping[str, Any], side: str, *, pretrained: bool = False
) -> tuple[nn.Module, Origin]:
    """A randomly initialised encoder and its origin; torch's global seed decides the weights.

    Args:
        pretrained: its weights will be those of a pretrained one.
    """
    from transformers import AutoConfig, AutoModel

    values = dict(config)
    whole = AutoConfig.for_model(values.pop("model_type"), **values)
    options = _headless(type(whole))
    if whole.architectures is None:  # of Funnel there are two, and it wants to be told which
        whole.architectures = [model_class(type(whole)).__name__]
    model = AutoModel.from_config(whole, trust_remote_code=False, dtype=torch.float32, **options)
    return part_of(model, side, pretrained=pretrained)


def part_of(model: Any, side: str, *, pretrained: bool) -> tuple[nn.Module, Origin]:
    """The text or the image encoder in a model, and its origin.

    Raises:
        EncoderConfigError: it has none.
    """
    config = model.config
    described = config.to_dict()
    kind, name = config.model_type, PARTS[side]
    part = getattr(model, name, None)
    if isinstance(part, nn.Module) and hasattr(part, "config"):
        own: Any = part.config
        length = own.max_position_embeddings if side == "text" and _pads(own.model_type) else None
        return part, Origin(described, name, own_head=pretrained, pad_to=length)
    if side == "text" and getattr(config, "is_encoder_decoder", False):
        encoder = model.get_encoder()
        if not hasattr(encoder, "config"):  # of FSMT
            encoder.config = config
        return encoder, Origin(described, "encoder")
    _expect(model, side)
    own_head = pretrained and (side == "image" or kind.endswith("_text_model"))
    length = config.max_position_embeddings if side == "text" and _pads(kind) else None
    return model, Origin(described, own_head=own_head, pad_to=length)


def _pads(kind: str) -> bool:
    return kind.startswith("siglip")  # trained on captions padded to all of its positions


def _expect(model: nn.Module, side: str) -> None:
    what = {"input_ids": "texts", "pixel_values": "pictures"}
    wanted = {"text": "input_ids", "image": "pixel_values"}[side]
    main = str(getattr(model, "main_input_name", wanted))
    if main != wanted:
        kind = model.config.model_type  # type: ignore[union-attr]
        example = {"text": "bert or gpt2", "image": "vit or resnet"}[side]
        raise EncoderConfigError(
            f"config.model_type is {kind!r}, which takes {what.get(main, main)}; expected one "
            f"that takes {what[wanted]}, such as {example}"
        )


def model_class(config: type) -> type:
    """The model that transformers makes of such a configuration.

    Raises:
        EncoderConfigError: none.
    """
    from transformers import MODEL_MAPPING

    try:
        model = MODEL_MAPPING[config]
    except KeyError:
        kind = config.model_type  # type: ignore[attr-defined]
        raise EncoderConfigError(
            f"config.model_type is {kind!r}, of which transformers has a configuration and no "
            "model; expected an encoder such as bert, gpt2, vit or resnet"
        ) from None
    return model[0] if isinstance(model, tuple | list) else model  # type: ignore[no-any-return]


def _headless(config: type) -> dict[str, bool]:
    """Poolers that the towers do not use would be trained on no gradient."""
    model = model_class(config)
    images = getattr(model, "main_input_name", "") == "pixel_values"
    has = "add_pooling_layer" in inspect.signature(model).parameters
    # What a picture's pooler does to the mean or the class token belongs to the encoder, but for
    # the head of a task that ViT and DeiT carry.
    keeps = images and config.model_type not in ("vit", "deit")  # type: ignore[attr-defined]
    return {"add_pooling_layer": False} if has and not keeps else {}
