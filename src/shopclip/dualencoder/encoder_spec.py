"""Which encoders a pair is made of, as plain checked dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shopclip.dualencoder.knobs import Checked, KnobError, knob

Pooling = Literal["auto", "cls", "last", "mean"]
Stem = Literal["auto", "convolutional"]


@dataclass(frozen=True, kw_only=True)
class Encoder(Checked):
    """A transformers encoder: pretrained, by `name`, or built from scratch, by `config`."""

    name: str | None = knob(None, "hub name or local folder of a pretrained encoder")
    config: Mapping[str, Any] | None = knob(
        None, "transformers configuration with its model_type, for an encoder from scratch"
    )
    pooling: Pooling = knob("auto", "how token states become one vector; auto: as the family does")

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.name is None) == (self.config is None):
            raise ValueError(
                "an encoder takes either `name` (pretrained) or `config` (from scratch); "
                f"got name={self.name!r} and config={self.config!r}"
            )
        if self.name == "":
            raise KnobError(["name is empty, expected a hub name or a local folder"])
        if self.config is not None and "model_type" not in self.config:
            raise KnobError(["config must name its `model_type`, such as bert or vit"])


@dataclass(frozen=True, kw_only=True)
class TextEncoder(Encoder):
    """A text encoder and its tokenizer."""

    vocabulary: int = knob(
        4000, "tokens of the tokenizer trained for an encoder from scratch", low=300
    )
    max_tokens: int = knob(64, "longest caption in tokens; the rest is cut off", low=4)


@dataclass(frozen=True, kw_only=True)
class ImageEncoder(Encoder):
    """An image encoder."""

    size: tuple[int, int] | None = knob(
        None, "height and width in pixels at which it sees pictures; null: images.size"
    )
    stem: Stem = knob("auto", "convolutional: strided convolutions instead of a ViT's patches")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.name is not None and self.stem != "auto":
            raise KnobError([f"stem is {self.stem!r}, but a pretrained encoder keeps its own stem"])
        if self.size is not None and not all(8 <= side <= 1024 for side in self.size):
            raise KnobError([f"size is {self.size}, expected two sides between 8 and 1024 pixels"])
