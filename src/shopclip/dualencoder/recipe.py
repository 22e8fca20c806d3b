"""What an experiment is made of: two encoders and a recipe, as plain checked dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

Pooling = Literal["auto", "cls", "last", "mean"]


def knob(
    default: Any, description: str, *, low: float | None = None, high: float | None = None
) -> Any:
    """A dataclass field with its description (unit included) and inclusive bounds."""
    return field(default=default, metadata={"description": description, "low": low, "high": high})


class Checked:
    """Checks every field against its bounds and raises one ValueError that names them all."""

    # Read by pydantic, which validates the types: a misspelt key is an error, not a default.
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        wrong = []
        for knob_ in fields(self):  # type: ignore[arg-type]
            value = getattr(self, knob_.name)
            low, high = knob_.metadata.get("low"), knob_.metadata.get("high")
            if (low is not None and value < low) or (high is not None and value > high):
                wrong.append(f"{knob_.name} is {value}, expected {_interval(low, high)}")
        if wrong:
            raise ValueError("; ".join(wrong))


def _interval(low: float | None, high: float | None) -> str:
    if high is None:
        return f"at least {low}"
    return f"at most {high}" if low is None else f"between {low} and {high}"


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
        if self.config is not None and "model_type" not in self.config:
            raise ValueError("an encoder's `config` must name its `model_type`, e.g. bert or vit")


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


@dataclass(frozen=True, kw_only=True)
class Recipe(Checked):
    """Everything about training that is not an encoder."""

    epochs: int = knob(20, "passes over the training examples; 0 keeps the towers as loaded", low=0)
    batch_size: int = knob(64, "examples a step", low=2)
    text_learning_rate: float = knob(5e-4, "peak learning rate of the text encoder", low=0)
    image_learning_rate: float = knob(5e-4, "peak learning rate of the image encoder", low=0)
    projection_learning_rate: float = knob(
        1e-3, "peak learning rate of the projections and the temperature", low=0
    )
    warmup: float = knob(0.1, "share of the steps with a rising learning rate", low=0, high=1)
    weight_decay: float = knob(
        0.1, "AdamW weight decay of matrices; norms, biases and temperature have none", low=0
    )
    beta2: float = knob(0.98, "AdamW second-moment decay", low=0, high=1)
    epsilon: float = knob(1e-6, "AdamW epsilon", low=0)
    max_gradient_norm: float = knob(1.0, "gradient norm above which it is clipped", low=0)
    temperature: float = knob(0.07, "initial temperature of the softmax", low=0.01, high=10)
    flip: bool = knob(True, "mirror half of the training images left to right")
    crop: float = knob(
        0.9, "least share of height and width that a training crop keeps; 1 crops nothing",
        low=0.2, high=1,
    )  # fmt: skip
