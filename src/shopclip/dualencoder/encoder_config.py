"""The keys of a transformers configuration, which transformers itself takes whatever they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from shopclip.errors import ShopclipError
from shopclip.suggestions import suggest

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
