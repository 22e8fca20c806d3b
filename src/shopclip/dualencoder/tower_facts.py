"""What became of the encoders that YAML names: the towers as they are, for reports and cards."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from torch import nn

from shopclip.dualencoder.ensemble import Ensemble
from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.preprocessing import HALF


def tower_facts(model: DualEncoder | Ensemble) -> dict[str, Any]:
    """JSON-able, by `embed_dim`, `text`, `image`, and the curve of WiSE-FT, if there is one.

    Of an ensemble those of the member that sees most pixels, with the kinds and the parameters of
    all.
    """
    if isinstance(model, Ensemble):
        return _of_ensemble(model)
    text, image = model.text, model.image
    described = image.preprocessing.to_dict()
    described = described.get("config", described)  # open_clip's has one inside
    height, width = image.size
    return {
        "embed_dim": model.embed_dim,
        "interpolations": [asdict(one) for one in model.interpolations],
        "text": {
            "kind": text.origin.config.get("model_type", text.origin.library),
            "pooling": text.pooling,
            "max_tokens": text.max_tokens,
            "parameters": _count(text),
        },
        "image": {
            "kind": image.origin.config.get("model_type", image.origin.library),
            "pooling": image.pooling,
            "height": height,
            "width": width,
            "mean": list(described.get("mean", HALF)),
            "std": list(described.get("std", HALF)),
            "parameters": _count(image),
        },
    }


def _of_ensemble(model: Ensemble) -> dict[str, Any]:
    members = [tower_facts(member) for _, member in model.each()]
    largest = max(members, key=lambda one: one["image"]["height"] * one["image"]["width"])
    facts: dict[str, Any] = {"embed_dim": model.embed_dim, "interpolations": []}
    for side in ("text", "image"):
        of_side = [member[side] for member in members]
        facts[side] = {
            **largest[side],
            **{
                word: " and ".join(dict.fromkeys(one[word] for one in of_side))
                for word in ("kind", "pooling")
            },
            "parameters": sum(one["parameters"] for one in of_side),
        }
    return facts


def _count(tower: nn.Module) -> int:
    return sum(parameter.numel() for parameter in tower.parameters())
