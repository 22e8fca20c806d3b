"""Encoders as YAML names them, and the configurations that build them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from shopclip.dualencoder.knobs import Checked, KnobError, knob
from shopclip.errors import ShopclipError, suggest

Pooling = Literal["auto", "cls", "last", "mean"]
Stem = Literal["auto", "convolutional"]


@dataclass(frozen=True, kw_only=True)
class Encoder(Checked):
    """A transformers encoder: pretrained, by `name`, or built from scratch, by `config`."""

    name: str | None = knob(None, "hub name or local folder of a pretrained encoder")
    config: Mapping[str, Any] | None = knob(
        None, "transformers configuration with its model_type, for an encoder from scratch"
    )
    pooling: Pooling = knob("auto", "how token states become one vector; auto: as the family does")

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.name is None) == (self.config is None):
            raise ValueError(
                "an encoder takes either `name` (pretrained) or `config` (from scratch); "
                f"got name={self.name!r} and config={self.config!r}"
            )
        if self.name == "":
            raise KnobError(["name is empty, expected a hub name or a local folder"])
        if self.config is not None and "model_type" not in self.config:
            raise KnobError(["config must name its `model_type`, such as bert or vit"])


@dataclass(frozen=True, kw_only=True)
class TextEncoder(Encoder):
    """A text encoder and its tokenizer."""

    vocabulary: int = knob(
        4000, "tokens of the tokenizer trained for an encoder from scratch", low=300
    )
    max_tokens: int = knob(64, "longest caption in tokens; the rest is cut off", low=4)


@dataclass(frozen=True, kw_only=True)
class ImageEncoder(Encoder):
    """An image encoder."""

    size: tuple[int, int] | None = knob(
        None, "height and width in pixels at which it sees pictures; null: images.size"
    )
    stem: Stem = knob("auto", "convolutional: strided convolutions instead of a ViT's patches")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.name is not None and self.stem != "auto":
            raise KnobError([f"stem is {self.stem!r}, but a pretrained encoder keeps its own stem"])
        if self.size is not None and not all(8 <= side <= 1024 for side in self.size):
            raise KnobError([f"size is {self.size}, expected two sides between 8 and 1024 pixels"])


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
    known = CONFIG_MAPPING[kind]
    common = {field.name for field in fields(PretrainedConfig)}
    own = {field.name for field in fields(known)} - common | set(known.attribute_map)
    wrong = [
        f"config.{key}: a {kind} has no such key; {suggest(str(key), own)}"
        for key in config
        if key not in {"model_type", *own, *common, *OLDER} and not _has(known, str(key))
    ]
    if wrong:
        raise EncoderConfigError("; ".join(wrong))


def _has(known: Any, key: str) -> bool:
    """Keys that an architecture derives from others, or has for the sake of older files."""
    return hasattr(known, key) or key in known().to_dict()


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
