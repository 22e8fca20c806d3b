"""Towers from what `dual_encoder.json` says of them, with random weights that are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from shopclip.dualencoder.devices import DTYPES
from shopclip.dualencoder.encoders import encoder_from_config, image_encoder_from_config
from shopclip.dualencoder.preprocessing import PixelValues, Preprocessing, preprocessing_from
from shopclip.dualencoder.probe import ImageFacts, TextFacts
from shopclip.dualencoder.sentence_transformer import SentenceTransformerHead
from shopclip.dualencoder.towers import ImageTower, OwnProjection, Projection, TextTower

Described = Mapping[str, Any]


def describe_projection(projection: nn.Module) -> dict[str, Any]:
    """What `_projection` makes it again of."""
    if isinstance(projection, OwnProjection):
        linear: Any = projection.linear
        sizes = linear and {
            "in_features": linear.in_features,
            "out_features": linear.out_features,
            "bias": linear.bias is not None,
        }
        return {"kind": "own", "linear": sizes}
    return {"kind": "new"}


def dtype_of(encoder: nn.Module) -> str:
    """Of its weights, as YAML says it."""
    dtype = next(encoder.parameters()).dtype
    return next(name for name, one in DTYPES.items() if one == dtype)


def rebuild_text_tower(described: Described, tokenizer: Path, embed_dim: int) -> TextTower:
    """A text tower of these shapes; its tokenizer is read from its folder."""
    if described.get("library") == "open_clip":
        from shopclip.dualencoder import open_clip_models

        model = open_clip_models.build_open_clip(described["config"])
        own = open_clip_models.OpenClipTokenizer.load(tokenizer)
        options = {"embed_dim": embed_dim, "projection": _projection(described)}
        return open_clip_models.text_tower(model, own, described["config"], **options)
    from transformers import AutoTokenizer

    encoder, origin = encoder_from_config(
        described["config"], "text", pretrained=described.get("own_head", False)
    )
    head = described.get("head")
    return TextTower(
        encoder.to(DTYPES[described.get("dtype", "fp32")]),
        AutoTokenizer.from_pretrained(tokenizer, local_files_only=True, trust_remote_code=False),
        embed_dim=embed_dim,
        pooling=described["pooling"],
        max_tokens=described["max_tokens"],
        origin=origin.with_head(SentenceTransformerHead(**head) if head else None),
        facts=_facts(TextFacts, described),
        projection=_projection(described),
    )


def rebuild_image_tower(described: Described, embed_dim: int) -> ImageTower:
    """An image tower of these shapes."""
    if described.get("library") == "open_clip":
        from shopclip.dualencoder import open_clip_models

        model = open_clip_models.build_open_clip(described["config"])
        options = {
            "embed_dim": embed_dim,
            "projection": _projection(described),
            "flip_test": described.get("flip_test", False),
        }
        return open_clip_models.image_tower(model, described["config"], **options)
    encoder, origin = image_encoder_from_config(
        dict(described["config"]),
        described.get("stem", "auto"),
        pretrained=described.get("own_head", False),
    )
    return ImageTower(
        encoder.to(DTYPES[described.get("dtype", "fp32")]),
        embed_dim=embed_dim,
        pooling=described["pooling"],
        preprocessing=_preprocessing(described),
        origin=origin,
        facts=_facts(ImageFacts, described),
        projection=_projection(described),
        flip_test=described.get("flip_test", False),
    )


def _preprocessing(described: Described) -> Preprocessing:
    if "preprocessing" in described:
        return preprocessing_from(described["preprocessing"])
    return PixelValues((described["size"][0], described["size"][1]))  # format 1


def _facts(kind: Any, described: Described) -> Any | None:
    """None, so that the encoder is tried again, of format 1."""
    if "facts" not in described:
        return None
    facts = described["facts"]
    return kind(**{**facts, "unused": frozenset(facts["unused"])})


def _projection(described: Described) -> Projection | OwnProjection | None:
    projection = described.get("projection", {"kind": "new"})
    if projection["kind"] == "new":
        return None
    linear = projection["linear"]
    return OwnProjection(nn.Linear(**linear) if linear else None)
