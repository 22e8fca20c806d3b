"""A whole public model as a dual encoder: both towers with all that they were trained with.

Transformers' models of two towers, such as CLIP (arXiv 2103.00020), SigLIP (2303.15343), SigLIP 2
(2502.14786), MetaCLIP 2 (2507.22062) and Chinese-CLIP (2211.01335): their projections, widths,
pooling heads, temperature and bias, tokenizer and image processor.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Tensor

from shopclip.dualencoder.encoder_config import EncoderConfigError, Source
from shopclip.dualencoder.encoders import model_class, part_of
from shopclip.dualencoder.preprocessing import Preprocessing, preprocessing_of
from shopclip.dualencoder.pretrained import (
    EncoderUnavailableError,
    is_open_clip,
    load_config,
    load_image_processor,
    load_model,
    load_tokenizer,
)
from shopclip.dualencoder.temperature import MAX_SCALE, Temperature
from shopclip.dualencoder.tokenization import Tokens
from shopclip.dualencoder.towers import ImageTower, OwnProjection, TextTower
from shopclip.errors import ShopclipError, first_line

if TYPE_CHECKING:
    from shopclip.dualencoder.model import DualEncoder

TOLERANCE = 1e-4  # between our towers and the library's own embeddings of a probe
PROBE = ("red cotton shirt", "a pair of blue leather shoes for women")


def load_public_model(source: Source) -> DualEncoder:
    """Both towers of a public model as they are.

    Args:
        source: of a transformers model with two towers, or of one in open_clip's format.

    Raises:
        EncoderUnavailableError: it cannot be had, or lacks weights, tokenizer or image processor.
        EncoderConfigError: it is no model of a text and an image tower in one space.
    """
    from shopclip.dualencoder.open_clip_models import load_open_clip

    if is_open_clip(source):
        return load_open_clip(source)
    check_public_model(source)
    model, missing = load_model(source, {})
    processor = load_image_processor(source)
    if processor is None:
        raise EncoderUnavailableError(
            f"{source.name}: has no image processor; expected its preprocessor_config.json"
        )
    tokenizer = load_tokenizer(source, part_of(model, "text", pretrained=True)[0])
    preprocessing = preprocessing_of(processor)
    return build_towers(model, tokenizer, preprocessing, name=source.name, missing=missing)


def check_public_model(source: Source) -> None:
    """Accept the configuration of a model with two towers.

    Raises:
        EncoderConfigError, EncoderUnavailableError: as of `load_public_model`.
    """
    from shopclip.dualencoder.open_clip_models import check_open_clip

    if is_open_clip(source):
        check_open_clip(source)
        return
    config = load_config(source)
    if not hasattr(model_class(type(config)), "get_image_features"):
        raise EncoderConfigError(
            f"name: {source.name} is a {config.model_type}, no model of a text and an image tower "
            "in one space; expected one such as clip or siglip here; an encoder of one kind goes "
            "into text: {name: …} or image: {name: …}"
        )


def build_towers(
    model: Any,
    tokenizer: Any,
    preprocessing: Preprocessing,
    *,
    name: str = "",
    missing: frozenset[str] = frozenset(),
) -> DualEncoder:
    """A loaded model of transformers as two towers.

    Raises:
        EncoderConfigError: its embeddings are made in a way that no tower knows.
    """
    from shopclip.dualencoder.model import DualEncoder

    model.eval()
    tokens = Tokens.of(PROBE, tokenizer, _longest(model, tokenizer)).batch(torch.arange(len(PROBE)))
    height, width = preprocessing.size
    pictures = torch.randint(
        256, (2, height + 8, width + 24, 3), generator=torch.Generator().manual_seed(0)
    ).to(torch.uint8)
    text_linear, image_linear = (
        getattr(model, name, None) for name in ("text_projection", "visual_projection")
    )

    def text_tower(pooling: str) -> TextTower:
        encoder, origin = part_of(model, "text", pretrained=True)
        return TextTower(
            encoder,
            tokenizer,
            embed_dim=0,
            pooling=pooling,
            max_tokens=_longest(model, tokenizer),
            origin=replace(origin, name=name, missing=missing),
            projection=OwnProjection(text_linear),
        ).eval()

    def image_tower(pooling: str) -> ImageTower:
        encoder, origin = part_of(model, "image", pretrained=True)
        return ImageTower(
            encoder,
            embed_dim=0,
            pooling=pooling,
            preprocessing=preprocessing,
            origin=replace(origin, name=name, missing=missing),
            projection=OwnProjection(image_linear),
        ).eval()

    with torch.no_grad():
        text = _matching(
            model, text_tower, tokens, lambda tower: _text_features(model, tower, tokens)
        )
        image = _matching(
            model,
            image_tower,
            (pictures,),
            lambda tower: model.get_image_features(**tower.preprocessing(pictures)),
        )
    return DualEncoder(text, image, _temperature(model)).train()


def _matching(
    model: Any, build: Callable[[str], Any], inputs: tuple[Tensor, ...], library: Callable[..., Any]
) -> Any:
    """The tower whose pooling gives the library's own embeddings; theirs is not in any file."""
    why: Exception | None = None
    for pooling in ("pooler", "cls", "mean", "last"):
        try:
            tower = build(pooling)
            expected = library(tower)
            expected = F.normalize(getattr(expected, "pooler_output", expected), dim=-1)
            found = tower(*inputs)
        except EncoderUnavailableError:
            raise
        except (AttributeError, RuntimeError, TypeError, IndexError, ShopclipError) as error:
            why = why or error
            continue
        if found.shape == expected.shape and torch.allclose(found, expected, atol=TOLERANCE):
            return tower
    kind = model.config.model_type
    raise EncoderConfigError(
        f"name: a {kind} makes its embeddings in a way that no tower here does"
        + (f" ({first_line(why)})" if why else "")
        + "; expected one such as clip or siglip"
    )


def _text_features(model: Any, tower: TextTower, tokens: tuple[Tensor, Tensor]) -> Any:
    return model.get_text_features(**tower.inputs(*tokens))


def _longest(model: Any, tokenizer: Any) -> int:
    config = getattr(model.config, "text_config", model.config)
    positions = int(getattr(config, "max_position_embeddings", None) or 512)
    return min(positions, tokenizer.model_max_length)


def _temperature(model: Any) -> Temperature:
    """That of the model; SigLIP's scale may be above the limit that holds for others."""
    scale = math.exp(float(model.logit_scale.detach()))
    bias = getattr(model, "logit_bias", None)
    return Temperature(
        1 / scale, None if bias is None else float(bias.detach()), max_scale=max(MAX_SCALE, scale)
    )
