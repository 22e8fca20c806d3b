"""Encoders as YAML names them, and the configurations that build them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

from shopclip.dualencoder.recipe import STRICT
from shopclip.errors import ShopclipError, suggest

Pooling = Literal["auto", "cls", "last", "mean", "max", "pooler"]
Stem = Literal["auto", "convolutional"]
Dtype = Literal["fp32", "bf16", "fp16"]
ResizeMode = Literal["auto", "squash", "shortest"]
Channels = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Source:
    """Where pretrained weights come from.

    Attributes:
        name: of the Hugging Face hub, or a local folder; `hf-hub:owner/name` and
            `local-dir:folder` are in open_clip's format.
    """

    name: str
    revision: str | None = None
    subfolder: str | None = None

    @property
    def of_open_clip(self) -> bool:
        return self.name.startswith(("hf-hub:", "local-dir:"))


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Encoder:
    """A transformers encoder: pretrained, by `name`, or built from scratch, by `config`."""

    name: str | None = Field(
        default=None, min_length=1, description="hub name or local folder of a pretrained encoder"
    )
    revision: str | None = Field(
        default=None, min_length=1, description="branch, tag or commit of `name` on the hub"
    )
    subfolder: str | None = Field(
        default=None, min_length=1, description="folder inside `name` that holds the encoder"
    )
    dtype: Dtype = Field(
        default="fp32",
        description="of a pretrained encoder's weights; one that is trained takes fp32",
    )
    config: Mapping[str, Any] | None = Field(
        default=None,
        description="transformers configuration with its model_type, for an encoder from scratch",
    )
    pooling: Pooling = Field(
        default="auto",
        description="how token states become one vector; auto: as the encoder was trained; pooler: "
        "by a head of its own",
    )

    @field_validator("config")
    @classmethod
    def _names_its_model_type(cls, config: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        if config is not None and "model_type" not in config:
            raise ValueError("config must name its `model_type`, such as bert or vit")
        return config

    @model_validator(mode="after")
    def _is_either(self) -> Self:
        if (self.name is None) == (self.config is None):
            raise ValueError(
                "an encoder takes either `name` (pretrained) or `config` (from scratch); "
                f"got name={self.name!r} and config={self.config!r}"
            )
        given = {"revision": self.revision, "subfolder": self.subfolder}
        if self.config is not None and (extra := [key for key, word in given.items() if word]):
            raise ValueError(
                f"{extra[0]} is of a pretrained encoder, and `config` builds a new one"
            )
        if self.config is not None and self.dtype != "fp32":
            raise ValueError(
                f"dtype is {self.dtype}, but an encoder from scratch is trained in fp32"
            )
        return self

    @property
    def source(self) -> Source | None:
        """That of a pretrained encoder."""
        if self.name is None:
            return None
        return Source(name=self.name, revision=self.revision, subfolder=self.subfolder)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TextEncoder(Encoder):
    """A text encoder and its tokenizer."""

    vocab_size: int = Field(
        default=4000,
        ge=300,
        description="tokens of the tokenizer trained for an encoder from scratch",
    )
    max_tokens: int = Field(
        default=64, ge=4, description="longest caption in tokens; the rest is cut off"
    )


Side = Annotated[int, Field(ge=8, le=1024)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ImageEncoder(Encoder):
    """An image encoder."""

    size: tuple[Side, Side] | None = Field(
        default=None,
        description="height and width in pixels at which it sees images; null: its own, and of an "
        "encoder from scratch images.size",
    )
    mean: Channels | None = Field(
        default=None,
        description="of the channels, from 0 to 1, subtracted from the pixels; null: that of a "
        "pretrained encoder's image processor, and 0.5 from scratch",
    )
    std: Channels | None = Field(
        default=None, description="that the pixels are divided by; null: as mean"
    )
    resize_mode: ResizeMode = Field(
        default="auto",
        description="squash: to its size whatever the shape; shortest: the shorter side, and the "
        "middle is cut out; auto: squash",
    )
    stem: Stem = Field(
        default="auto", description="convolutional: strided convolutions instead of a ViT's patches"
    )

    flip_test: bool = Field(
        default=False,
        description="embed a picture as the mean of itself and its mirror image, at twice the cost",
    )

    @field_validator("std")
    @classmethod
    def _divides(cls, std: Channels | None) -> Channels | None:
        if std is not None and min(std) <= 0:
            raise ValueError(f"std is {std}, expected three numbers above 0")
        return std

    @model_validator(mode="after")
    def _keeps_a_pretrained_stem(self) -> Self:
        if self.name is not None and self.stem != "auto":
            raise ValueError(f"stem is {self.stem!r}, but a pretrained encoder keeps its own stem")
        return self


# What transformers reads of older configurations, though its own no longer have it.
OLDER = ("attn_implementation", "torch_dtype", "rope_theta", "rope_scaling")


class EncoderConfigError(ShopclipError):
    """A `config` describes no encoder that could be built."""


def check_keys(config: Mapping[str, Any]) -> None:
    """Accept a configuration with its `model_type` and keys of that architecture.

    Raises:
        EncoderConfigError: there is no such architecture, or it reads no such key.
    """
    from transformers import CONFIG_MAPPING, PretrainedConfig

    kind = config["model_type"]
    if kind not in CONFIG_MAPPING:
        raise EncoderConfigError(
            f"config.model_type is {kind!r}, which transformers does not know; "
            f"{suggest(str(kind), CONFIG_MAPPING)}"
        )
    config_class = CONFIG_MAPPING[kind]
    common = {field.name for field in fields(PretrainedConfig)}
    own = {field.name for field in fields(config_class)} - common | set(config_class.attribute_map)
    wrong = [
        f"config.{key}: a {kind} has no such key; {suggest(str(key), own)}"
        for key in config
        if key not in {"model_type", *own, *common, *OLDER} and not _has(config_class, str(key))
    ]
    if wrong:
        raise EncoderConfigError("; ".join(wrong))


def _has(config_class: Any, key: str) -> bool:
    """Keys that an architecture derives from others, or has for the sake of older files."""
    return hasattr(config_class, key) or key in config_class().to_dict()


def check_heads(encoder_config: Any, given: Mapping[str, Any]) -> None:
    """Accept attention heads that share the width equally, which some architectures do not check.

    Args:
        encoder_config: that of transformers, which `given` has become.

    Raises:
        EncoderConfigError: they cannot.
    """
    width, heads, own = (
        getattr(encoder_config, name, None)
        for name in ("hidden_size", "num_attention_heads", "head_dim")
    )
    if own is not None or not (isinstance(width, int) and isinstance(heads, int) and heads > 0):
        return
    if width % heads:
        by_attribute = encoder_config.attribute_map
        key, of = (
            name if name in given else by_attribute.get(name, name)
            for name in ("num_attention_heads", "hidden_size")
        )
        raise EncoderConfigError(
            f"config.{key} is {heads}, expected a number that divides {of}, which is {width}"
        )
