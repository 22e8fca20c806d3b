"""What training leaves in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """What one step leaves in the log.

    `loss` is in nats, `chance_loss` is that of towers that see nothing, `learning_rate` the highest
    of all parts, `temperature` one over the scale.
    """

    step: int
    epoch: int
    loss: float
    chance_loss: float
    gradient_norm: float
    learning_rate: float
    temperature: float
    images_per_second: float


@dataclass(frozen=True)
class Epoch:
    """How the towers stand at the end of an epoch, judged by the examples of a `EpochEvaluator`.

    Attributes:
        step: steps done by then.
        loss, chance_loss, temperature: means over the epoch's steps, the last one at its end.
        image_mean_cosine, text_mean_cosine: of two different embeddings; 1 is one point.
        image_effective_rank, text_effective_rank: dimensions in use.
        hubness: skewness of how often an image is among the nearest 10 of a caption.
        mrr: mean reciprocal rank, both directions.
        seconds: of the steps of the epoch, since it was begun or resumed.
    """

    epoch: int
    step: int
    loss: float
    chance_loss: float
    temperature: float
    image_mean_cosine: float
    text_mean_cosine: float
    image_effective_rank: float
    text_effective_rank: float
    hubness: float
    mrr: float
    seconds: float


@dataclass(frozen=True)
class Interpolation:
    """Weights between those before and those after fine-tuning, judged on validation examples.

    Attributes:
        alpha: 0 are those before, 1 those after.
        mrr: mean reciprocal rank, both directions.
        chosen: whether the model has ended there.
    """

    alpha: float
    mrr: float
    chosen: bool


@dataclass
class TrainingLog:
    """A row a step, and a row an epoch that was completed.

    Attributes:
        interpolations: of WiSE-FT, from before to after; none without it.
        best_epoch: the epoch whose weights the model has; None where it is the last one's.
    """

    steps: list[Step] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    best_epoch: int | None = None
    interpolations: list[Interpolation] = field(default_factory=list)

    @classmethod
    def of_rows(cls, rows: Mapping[str, Any]) -> TrainingLog:
        """What `to_rows` was made of."""
        return cls(
            [Step(*row) for row in rows["steps"]],
            [Epoch(*row) for row in rows["epochs"]],
            rows["best_epoch"],
            [Interpolation(*row) for row in rows.get("interpolations", [])],
        )

    def to_rows(self) -> dict[str, Any]:
        """As JSON: the attributes by name, of a step or an epoch the values in their order."""
        return {
            "steps": [list(astuple(step)) for step in self.steps],
            "epochs": [list(astuple(epoch)) for epoch in self.epochs],
            "best_epoch": self.best_epoch,
            "interpolations": [list(astuple(one)) for one in self.interpolations],
        }
