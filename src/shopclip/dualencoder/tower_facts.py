"""What became of the encoders that YAML names: the towers as they are, for reports and cards."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from torch import nn

from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.preprocessing import HALF


def tower_facts(model: DualEncoder) -> dict[str, Any]:
    """JSON-able, by `embed_dim`, `text`, `image`, and the curve of WiSE-FT, if there is one."""
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


def _count(tower: nn.Module) -> int:
    return sum(parameter.numel() for parameter in tower.parameters())
