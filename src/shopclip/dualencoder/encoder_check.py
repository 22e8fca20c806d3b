"""Whether encoders can be built and take pictures and captions, found out without their weights.

On torch's meta device a tower has shapes alone, so that it is built, and shown a picture, in
milliseconds whatever its size.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
from shopclip.dualencoder.encoders import (
    encoder_from_config,
    find_pretrained,
    image_encoder_from_config,
)
from shopclip.dualencoder.towers import ImageTower, TextTower
from shopclip.errors import ShopclipError, first_line

TOKENS = dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id"), 0)  # of no tokenizer yet
MIN_POSITIONS = 4  # the least that max_tokens may be
WHAT = {"input_ids": "texts", "pixel_values": "pictures"}


def check_text_encoder(spec: TextEncoder, *, embed_dim: int) -> None:
    """Build the tower of a text encoder from scratch; ask for a pretrained one.

    Raises:
        EncoderConfigError: it cannot be built, or is for something else than texts.
        EncoderUnavailableError: a pretrained one cannot be had.
    """
    if spec.config is None:
        find_pretrained(spec)
        return
    with _built(spec):
        encoder = encoder_from_config({**spec.config, **TOKENS, "vocab_size": spec.vocab_size})
        _expect(encoder, "input_ids")
        check_heads(encoder.config, spec.config)
        positions = getattr(encoder.config, "max_position_embeddings", None)
        if positions is not None and positions < MIN_POSITIONS:
            raise EncoderConfigError(
                f"config: {positions} positions, expected at least {MIN_POSITIONS}: a caption "
                "has so many tokens"
            )
        if getattr(encoder.config, "is_encoder_decoder", False):
            raise EncoderConfigError(
                f"config.model_type is {spec.config['model_type']!r}, an encoder with a decoder; "
                "expected an encoder alone, such as bert, or a decoder alone, such as gpt2"
            )
        TextTower(
            encoder, None, embed_dim=embed_dim, pooling=spec.pooling, max_tokens=spec.max_tokens
        )


def check_image_encoder(spec: ImageEncoder, size: tuple[int, int], *, embed_dim: int) -> None:
    """Build the tower of an image encoder from scratch and show it a picture; see the other.

    Args:
        size: height and width in pixels at which it sees pictures, where its spec does not say.

    Raises:
        EncoderConfigError: it cannot be built, or takes no pictures of this size.
        EncoderUnavailableError: a pretrained one cannot be had.
    """
    if spec.config is None:
        find_pretrained(spec)
        return
    size = spec.size or size
    with _built(spec, f" for pictures of {size[0]} × {size[1]} pixels"):
        encoder = image_encoder_from_config({"image_size": list(size), **spec.config}, spec.stem)
        _expect(encoder, "pixel_values")
        check_heads(encoder.config, spec.config)
        tower = ImageTower(encoder, size=size, embed_dim=embed_dim, pooling=spec.pooling)
        seen = tower.eval().features(torch.zeros((1, *size, 3), dtype=torch.uint8))
        tower.projection[0](seen)


@contextmanager
def _built(spec: Encoder, purpose: str = "") -> Iterator[None]:
    """Shapes alone; whatever transformers or torch say of them is about the config."""
    assert spec.config is not None
    check_keys(spec.config)
    try:
        with torch.device("meta"), torch.inference_mode():
            yield
    except ShopclipError:
        raise
    except Exception as error:  # of any kind: those of transformers, torch and their checks
        if "meta" in str(error):
            return  # asks for a value where there are shapes alone, and says nothing of them
        given = {name: value for name, value in spec.config.items() if name != "model_type"}
        raise EncoderConfigError(
            f"config: no {spec.config['model_type']} can be built of {given}{purpose} "
            f"({_reason(error)})"
        ) from error


def _expect(encoder: Any, wanted: str) -> None:
    if (takes := getattr(encoder, "main_input_name", wanted)) != wanted:
        raise EncoderConfigError(
            f"config.model_type is {encoder.config.model_type!r}, which takes "
            f"{WHAT.get(takes, takes)}; expected one that takes {WHAT[wanted]}"
        )


def _reason(error: Exception) -> str:
    """The line that says it: the last of a check by dataclass, else the first."""
    if isinstance(error, KeyError):
        return f"there is no {error}"
    lines = str(error).strip().split("\n")
    told = lines[-1] if lines[0].startswith(("Validation", "Class validation")) else lines[0]
    return told.strip() or first_line(error)
