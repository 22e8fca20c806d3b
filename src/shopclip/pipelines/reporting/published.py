"""What the paper reports, to stand beside a run of its protocol."""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """Percent, as printed; text and image encoder."""

    pair: str
    accuracy: str
    top100: str


PUBLISHED = (
    Published("BERT + ResNet", "0.74", "34.51"),
    Published("BERT + ViT", "0.87", "37.11"),
    Published("GPT-2 + ViT", "0.00", "0.10"),
    Published("chance", "0.0023", "0.225"),
)
