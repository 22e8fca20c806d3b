"""Whether encoders can be built and take pictures and captions, found out without their weights.

On torch's meta device a tower has shapes alone, so that it is built, and shown a picture, in
milliseconds whatever its size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from shopclip.dualencoder.encoder_config import (
    Encoder,
    EncoderConfigError,
    ImageEncoder,
    TextEncoder,
    check_heads,
    check_keys,
)
from shopclip.dualencoder.encoders import encoder_from_config, image_encoder_from_config
from shopclip.dualencoder.image_preprocessing import image_preprocessing
from shopclip.dualencoder.open_clip_models import check_open_clip
from shopclip.dualencoder.pretrained import is_open_clip, load_config
from shopclip.dualencoder.towers import ImageTower, TextTower
from shopclip.errors import ShopclipError, first_line

TOKENS = dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id"), 0)  # of no tokenizer yet
SMALL = 100_000_000  # parameters of an encoder that is built in a second or two
MIN_POSITIONS = 4  # the least that max_tokens may be


def check_text_encoder(spec: TextEncoder, *, embed_dim: int) -> None:
    """Build the tower of a text encoder as shapes alone.

    Raises:
        EncoderConfigError: it cannot be built, or is for something else than texts.
        EncoderUnavailableError: a pretrained one cannot be had.
    """
    if (source := spec.source) is not None and is_open_clip(source):
        check_open_clip(source)
        return
    config = _config(spec)
    if spec.config is not None:
        config = {**config, **TOKENS, "vocab_size": spec.vocab_size}

    def build() -> None:
        encoder, origin = encoder_from_config(config, "text", pretrained=spec.config is None)
        if spec.config is not None:
            check_heads(encoder.config, spec.config)
        positions = getattr(encoder.config, "max_position_embeddings", None)
        if positions is not None and 0 < positions < MIN_POSITIONS:
            raise EncoderConfigError(
                f"config: {positions} positions, expected at least {MIN_POSITIONS}: a caption "
                "has so many tokens"
            )
        TextTower(
            encoder,
            None,
            embed_dim=embed_dim,
            pooling=spec.pooling,
            max_tokens=spec.max_tokens,
            origin=origin,
        )

    _try(build, spec, config)


def check_image_encoder(spec: ImageEncoder, size: tuple[int, int], *, embed_dim: int) -> None:
    """Build the tower of an image encoder as shapes alone, and show it a picture.

    Args:
        size: height and width in pixels at which it sees pictures, where it has none of its own.

    Raises:
        EncoderConfigError: it cannot be built, or takes no pictures of this size.
        EncoderUnavailableError: a pretrained one cannot be had.
    """
    if (source := spec.source) is not None and is_open_clip(source):
        check_open_clip(source)
        return
    config, preprocessing = _config(spec), image_preprocessing(spec, size)
    height, width = preprocessing.size
    if spec.config is not None:
        config = {"image_size": [height, width], **config}

    def build() -> None:
        encoder, origin = image_encoder_from_config(
            config, spec.stem, pretrained=spec.config is None
        )
        if spec.config is not None:
            check_heads(encoder.config, spec.config)
        ImageTower(
            encoder,
            embed_dim=embed_dim,
            pooling=spec.pooling,
            preprocessing=preprocessing,
            origin=origin,
        )

    _try(build, spec, config, f" for pictures of {height} × {width} pixels")


def _config(spec: Encoder) -> dict[str, Any]:
    if spec.config is not None:
        check_keys(spec.config)
        return dict(spec.config)
    assert spec.source is not None
    return load_config(spec.source).to_dict()  # type: ignore[no-any-return]


def _try(
    build: Callable[[], None], spec: Encoder, config: dict[str, Any], purpose: str = ""
) -> None:
    """Build shapes alone; where these do not say, and it is small, the encoder itself.

    Raises:
        EncoderConfigError: whatever transformers or torch say of it is about the config.
    """
    try:
        with torch.device("meta"):
            build()
    except ShopclipError:
        raise
    except Exception:  # of any kind; some operations are none of shapes alone
        if _parameters(config) > SMALL:
            return
    else:
        return
    try:
        with torch.random.fork_rng(devices=[]):
            build()
    except Exception as error:  # of any kind: those of transformers, torch and their checks
        if isinstance(error, ShopclipError) and error.__cause__ is None:
            raise
        given = {k: v for k, v in (spec.config or {}).items() if k != "model_type"}
        what = f"config: no {config['model_type']} can be built of {given}"
        if spec.config is None:
            what = f"name: {spec.name} is a {config['model_type']}, which makes no tower"
        raise EncoderConfigError(f"{what}{purpose} ({_reason(error)})") from error


def _parameters(config: dict[str, Any]) -> int:
    """Of the whole model; 0 where not even that can be built."""
    from transformers import AutoConfig, AutoModel

    values = dict(config)
    try:
        with torch.device("meta"):
            model = AutoModel.from_config(
                AutoConfig.for_model(values.pop("model_type"), **values), trust_remote_code=False
            )
    except Exception:  # of any kind; the next attempt says it
        return 0
    return sum(parameter.numel() for parameter in model.parameters())


def _reason(error: BaseException) -> str:
    """The line that says it: the last of a check by dataclass, else the first."""
    if isinstance(error, ShopclipError) and error.__cause__ is not None:
        return _reason(error.__cause__)
    if isinstance(error, KeyError):
        return f"there is no {error}"
    lines = str(error).strip().split("\n")
    told = lines[-1] if lines[0].startswith(("Validation", "Class validation")) else lines[0]
    return told.strip() or first_line(error)
