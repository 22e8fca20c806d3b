"""Encoders from transformers: pretrained by hub name or local folder, or built from a config."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from torch import nn

from shopclip.dualencoder.encoder_spec import Encoder, ImageEncoder, Stem, TextEncoder
from shopclip.dualencoder.stem import put_convolutional_stem
from shopclip.dualencoder.tokenizers import train_tokenizer
from shopclip.errors import ShopclipError, first_line


class EncoderUnavailableError(ShopclipError):
    """A pretrained encoder is neither a folder, nor in the cache, nor to be downloaded."""


def build_text_encoder(spec: TextEncoder, captions: Iterable[str]) -> tuple[nn.Module, Any]:
    """The encoder and its tokenizer; `captions` train the tokenizer of one from scratch.

    Raises:
        EncoderUnavailableError: a pretrained one cannot be had.
    """
    from transformers import AutoTokenizer

    if spec.name is not None:
        tokenizer = _load(AutoTokenizer.from_pretrained, spec.name)
        if tokenizer.pad_token is None:  # GPT-2 has none; its padding is masked out anyway
            tokenizer.pad_token = tokenizer.eos_token
        return load_encoder(spec), tokenizer
    assert spec.config is not None
    tokenizer = train_tokenizer(spec.config["model_type"], captions, spec.vocabulary)
    ids = {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    return encoder_from_config({**spec.config, **ids}), tokenizer


def build_image_encoder(spec: ImageEncoder, size: tuple[int, int]) -> nn.Module:
    """The encoder; one from scratch is made for images of `size`, height and width in pixels.

    Raises:
        EncoderUnavailableError: a pretrained one cannot be had.
        StemError: the encoder cannot have the stem asked for.
    """
    if spec.name is not None:
        return load_encoder(spec)
    assert spec.config is not None
    return image_encoder_from_config({"image_size": list(size), **spec.config}, spec.stem)


def image_encoder_from_config(config: dict[str, Any], stem: Stem) -> nn.Module:
    """A randomly initialised encoder with this stem."""
    encoder = encoder_from_config(config)
    if stem == "convolutional":
        put_convolutional_stem(encoder)
    return encoder


def load_encoder(spec: Encoder) -> nn.Module:
    """A pretrained encoder without the heads of its pretraining task."""
    from transformers import AutoModel

    options = _headless(find_pretrained(spec).model_type)
    return _load(AutoModel.from_pretrained, spec.name, use_safetensors=True, **options)


def find_pretrained(spec: Encoder) -> Any:
    """The configuration of a pretrained encoder, without its weights.

    Raises:
        EncoderUnavailableError: it cannot be had.
    """
    from transformers import AutoConfig

    return _load(AutoConfig.from_pretrained, spec.name)


def encoder_from_config(config: dict[str, Any]) -> nn.Module:
    """A randomly initialised encoder; torch's global seed decides the weights."""
    from transformers import AutoConfig, AutoModel

    config = dict(config)
    model_type = config.pop("model_type")
    return AutoModel.from_config(
        AutoConfig.for_model(model_type, **config),
        trust_remote_code=False,
        **_headless(model_type),
    )


def _headless(model_type: str) -> dict[str, bool]:
    # Poolers that the towers do not use would be trained on no gradient.
    return {"add_pooling_layer": False} if model_type in ("bert", "vit", "roberta", "deit") else {}


def _load(from_pretrained: Callable[..., Any], name: str | None, **options: Any) -> Any:
    assert name is not None
    try:
        # The cache first: offline, transformers would retry for half a minute before it gives up.
        return from_pretrained(name, local_files_only=True, trust_remote_code=False, **options)
    except (OSError, ValueError) as not_cached:
        if "trust_remote_code" in str(not_cached):
            raise EncoderUnavailableError(_runs_code(name)) from not_cached
        if Path(name).is_dir():
            raise EncoderUnavailableError(
                f"{name}: this folder does not hold a pretrained encoder that transformers can "
                f"load as safetensors ({first_line(not_cached)})"
            ) from not_cached
        return _download(from_pretrained, name, options)


def _download(from_pretrained: Callable[..., Any], name: str, options: dict[str, Any]) -> Any:
    from huggingface_hub import HfApi

    try:
        HfApi().model_info(name, timeout=10)
        return from_pretrained(name, trust_remote_code=False, **options)
    except Exception as unreachable:  # the hub's clients raise a dozen kinds
        if "trust_remote_code" in str(unreachable):
            raise EncoderUnavailableError(_runs_code(name)) from unreachable
        raise EncoderUnavailableError(
            f"pretrained encoder {name!r} is not a local folder, is not in the Hugging Face cache "
            f"and could not be downloaded ({first_line(unreachable)}). Either connect once and "
            f"run `hf download {name}`, or give `name` the path of a folder that holds it, or "
            "replace `name` by `config` to train this encoder from scratch"
        ) from unreachable


def _runs_code(name: str) -> str:
    return (
        f"pretrained encoder {name!r} wants Python code that comes with it to be run (auto_map); "
        "remote code is not run. Choose an encoder whose type transformers knows itself"
    )
