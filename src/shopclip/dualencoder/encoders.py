"""Encoders from transformers: pretrained by hub name or local folder, or built from a config."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from shopclip.dualencoder.encoder_config import Encoder, ImageEncoder, Stem, TextEncoder
from shopclip.dualencoder.tokenization import train_tokenizer
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
    tokenizer = train_tokenizer(spec.config["model_type"], captions, spec.vocab_size)
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
        AutoConfig.for_model(model_type, **config), trust_remote_code=False, **_headless(model_type)
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


class StemError(ShopclipError):
    """An encoder cannot have the stem that its spec asks for."""


class ConvolutionalStem(nn.Sequential):
    """Pixels (batch, 3, height, width) → patches (batch, width, height / patch, width / patch).

    Strided 3×3 convolutions that halve the picture and double the channels until the patch is
    reached, then a 1×1 one (Xiao et al. 2021, Early Convolutions Help Transformers See Better):
    from scratch a ViT so learns in half the epochs of linear patches.
    """

    def __init__(self, channels: int, width: int, patch: int) -> None:
        halvings = patch.bit_length() - 1
        layers: list[nn.Module] = []
        for left in reversed(range(halvings)):
            wider = width >> left
            layers += [
                nn.Conv2d(channels, wider, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(wider),
                nn.ReLU(inplace=True),
            ]
            channels = wider
        super().__init__(*layers, nn.Conv2d(channels, width, 1))

    @property
    def weight(self) -> Tensor:
        """Transformers asks the patch embedding for the dtype of its weight."""
        return self[-1].weight  # type: ignore[return-value]


def put_convolutional_stem(encoder: nn.Module) -> None:
    """Replace the linear patch embedding of a ViT; torch's global seed decides the weights.

    Raises:
        StemError: the encoder has no square patches of a power of two pixels.
    """
    embedding = next(
        (
            module
            for module in encoder.modules()
            if isinstance(getattr(module, "projection", None), nn.Conv2d)
        ),
        None,
    )
    if embedding is None:
        kind = encoder.config.model_type  # type: ignore[union-attr]
        raise StemError(
            f"stem: convolutional takes the place of linear patches, and a {kind} has none; "
            "leave stem out"
        )
    linear = embedding.projection
    patch = linear.stride[0]  # type: ignore[index,union-attr]
    if linear.stride != (patch, patch) or patch < 2 or patch & (patch - 1):  # type: ignore[union-attr,operator]
        raise StemError(
            f"stem: convolutional halves the picture, so patch_size must be 2, 4, 8, 16 or 32; "
            f"got {linear.stride}"  # type: ignore[union-attr]
        )
    embedding.projection = ConvolutionalStem(linear.in_channels, linear.out_channels, int(patch))  # type: ignore[union-attr,arg-type]
