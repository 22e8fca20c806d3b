"""The towers that are timed, and what of them all sides share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from shopclip.dualencoder import DualEncoder, Examples, ImageEncoder, TextEncoder
from shopclip.dualencoder.towers import ImageTower

CONF = Path(__file__).parents[1] / "conf" / "base" / "parameters_pairs.yml"
LONGEST = 128  # positions of a text encoder, as many as the peer that pads most asks for


@dataclass(frozen=True)
class Pair:
    """A text encoder with an image encoder.

    Attributes:
        recipe: knobs of the recipe that this pair sets itself.
    """

    text: TextEncoder
    image: ImageEncoder
    recipe: Mapping[str, Any] = field(default_factory=dict)

    def build(self, examples: Examples, size: tuple[int, int], seed: int = 0) -> DualEncoder:
        """The untrained towers, the same for the same seed."""
        return DualEncoder.build(
            self.text, self.image, captions=examples.captions, size=size, seed=seed
        )


def small_pairs(file: Path = CONF) -> dict[str, Pair]:
    """The pairs of the default configuration, their text encoders with room for padded captions."""
    pairs = yaml.safe_load(file.read_text("utf-8"))["pairs"]
    return {
        name: Pair(
            TextEncoder(**{**pair["text"], "config": _roomy(pair["text"]["config"])}),
            ImageEncoder(**pair["image"]),
            pair.get("recipe", {}),
        )
        for name, pair in pairs.items()
    }


def middle_pairs() -> dict[str, Pair]:
    """BERT-small with ResNet-18 and with ViT-tiny, for 224 x 224 pixels."""
    bert = TextEncoder(
        config={
            "model_type": "bert",
            "hidden_size": 512,
            "num_hidden_layers": 4,
            "num_attention_heads": 8,
            "intermediate_size": 2048,
            "max_position_embeddings": 64,
        }
    )
    resnet = ImageEncoder(
        config={
            "model_type": "resnet",
            "embedding_size": 64,
            "hidden_sizes": [64, 128, 256, 512],
            "depths": [2, 2, 2, 2],
            "layer_type": "basic",
        }
    )
    vit = ImageEncoder(
        config={
            "model_type": "vit",
            "hidden_size": 192,
            "num_hidden_layers": 12,
            "num_attention_heads": 3,
            "intermediate_size": 768,
            "patch_size": 16,
        },
        pooling="mean",
    )
    return {"BERT-small + ResNet-18": Pair(bert, resnet), "BERT-small + ViT-tiny": Pair(bert, vit)}


def embed_pixel_values(tower: ImageTower, pixel_values: Tensor) -> Tensor:
    """What the image tower says of pictures that are resized and normalised already."""
    return tower.embed_inputs({"pixel_values": pixel_values})


def clip_loss(logits: Tensor) -> Tensor:
    """Symmetric cross entropy with the diagonal as the targets, as all tutorials have it."""
    targets = torch.arange(len(logits), device=logits.device)
    rows = torch.nn.functional.cross_entropy(logits, targets)
    return (rows + torch.nn.functional.cross_entropy(logits.T, targets)) / 2


def _roomy(config: Mapping[str, Any]) -> dict[str, Any]:
    positions = "n_positions" if config["model_type"] == "gpt2" else "max_position_embeddings"
    return {**config, positions: LONGEST}
