"""Settings of tuning with their units and bounds; Recipe checks what a trial may choose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from types import NoneType
from typing import Annotated, Any, get_args, get_type_hints

from pydantic import (
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from shopclip.dualencoder.recipe import Recipe
from shopclip.parameters import MAX_SEED, PairName, Parameters
from shopclip.parameters.messages import describe_errors

Number = StrictInt | Annotated[float, Field(strict=True, allow_inf_nan=False)]
Choice = StrictBool | StrictInt | StrictFloat | StrictStr | None


class Domain(Parameters):
    """What a trial may choose for a hyperparameter: a range of numbers, or a few choices."""

    low: Number | None = Field(None, description="least value of a range")
    high: Number | None = Field(None, description="greatest value of a range")
    log: bool = Field(False, description="draw on a logarithmic scale, as fits learning rates")
    step: Number | None = Field(None, gt=0, description="draw low, low + step and so on")
    choices: list[Choice] | None = Field(None, min_length=2, description="draw one of these")

    @model_validator(mode="after")
    def _is_a_range_or_choices(self) -> Domain:
        ends = (self.low, self.high)
        if self.choices is not None:
            if ends != (None, None) or self.log or self.step is not None:
                raise ValueError("choices stand alone, without low, high, log or step")
            if len({repr(choice) for choice in self.choices}) < len(self.choices):
                raise ValueError(f"choices repeat a value: {self.choices}")
            return self
        if self.low is None or self.high is None:
            raise ValueError("takes low and high, or choices")
        if not self.low < self.high:
            raise ValueError(f"low is {self.low}, expected less than high, which is {self.high}")
        if self.log and (self.step is not None or self.low <= 0):
            raise ValueError("log takes a low above 0 and no step")
        if self.step is not None and not _whole((self.high - self.low) / self.step):
            raise ValueError(
                f"high is {self.high}, expected {self.low} plus a multiple of {self.step}"
            )
        return self

    @property
    def range(self) -> tuple[int | float, int | float]:
        """Its ends, where it has no choices."""
        assert self.low is not None
        assert self.high is not None
        return self.low, self.high

    def allows(self, value: Any) -> bool:
        """Whether a trial could choose this value."""
        if self.choices is not None:
            # True is 1 to Python, and is no batch size
            return any(
                value == one and isinstance(value, bool) == isinstance(one, bool)
                for one in self.choices
            )
        low, high = self.range
        inside = value is not None and low <= value <= high
        return inside and (self.step is None or _whole((value - low) / self.step))


def _usual_space() -> dict[str, Domain]:
    """That of `conf/base`, which an environment loses that sets another key of tuning."""
    rates = {"low": 2e-4, "high": 4e-3, "log": True}
    space: dict[str, dict[str, Any]] = {
        "text_learning_rate": rates,
        "image_learning_rate": rates,
        "projection_learning_rate": rates,
        "warmup": {"low": 0.0, "high": 0.3},
        "weight_decay": {"low": 0.01, "high": 0.5, "log": True},
        "batch_size": {"choices": [32, 64, 128, 256]},
        "crop": {"low": 0.7, "high": 1.0},
        "jitter": {"low": 0.0, "high": 0.2},
    }
    return {name: Domain.model_validate(domain) for name, domain in space.items()}


class PruningParameters(Parameters):
    """When a trial is stopped early: below the median of the others after as many epochs."""

    startup_trials: int = Field(
        5, ge=1, description="finished trials without which nothing is pruned"
    )
    warmup_epochs: int = Field(4, ge=1, description="epochs that every trial is given")


class TuningParameters(Parameters):
    """What is tried, how often, and what is chosen among."""

    trials: int = Field(12, ge=2, description="finished trials in all, complete or pruned")
    pairs: list[PairName] | None = Field(
        None, min_length=1, description="pairs to choose among; null: all that are configured"
    )
    seed: int = Field(0, ge=0, le=MAX_SEED, description="of what the trials choose")
    random_trials: int = Field(
        5,
        ge=1,
        description="trials, the default recipes included, before the others are learnt from (TPE)",
    )
    pruning: PruningParameters = Field(default_factory=lambda: PruningParameters.model_validate({}))
    studies: str = Field(
        "data/06_models/tuning-studies",
        min_length=1,
        description="folder of Optuna's studies, and of what interrupted trials resume from",
    )
    space: dict[str, Domain] = Field(
        default_factory=_usual_space,
        description="hyperparameters of training.recipe that trials choose",
    )

    @field_validator("space")
    @classmethod
    def _fits_the_recipe(cls, space: dict[str, Domain]) -> dict[str, Domain]:
        """Raise one error that names every hyperparameter that Recipe would refuse."""
        if wrong := list(_misfits(space)):
            raise ValueError("; ".join(wrong))
        return space


def number_kind(hyperparameter: str) -> type[int] | type[float] | None:
    """`int` or `float` for a number of the recipe; None if it is no number."""
    hint = get_type_hints(Recipe)[hyperparameter]
    kinds = [kind for kind in get_args(hint) or (hint,) if kind is not NoneType]
    return kinds[0] if kinds in ([int], [float]) else None


def _misfits(space: Mapping[str, Domain]) -> Iterator[str]:
    names = [field.name for field in fields(Recipe)]
    for name, domain in space.items():
        if name not in names:
            yield f"{name} is no hyperparameter of the recipe; expected one of {', '.join(names)}"
        elif name == "wise_ft":
            yield "wise_ft acts after the epochs that trials are judged by; set it in a recipe"
        elif domain.choices is None and number_kind(name) is None:
            yield f"{name} is no number; give it choices"
        elif number_kind(name) is int and any(
            isinstance(number, float) for number in (domain.low, domain.high, domain.step)
        ):
            yield f"{name} takes whole numbers, got low {domain.low}, high {domain.high}" + (
                f", step {domain.step}" if domain.step is not None else ""
            )
        else:
            yield from _refused(name, domain)


def _refused(name: str, domain: Domain) -> Iterator[str]:
    """What Recipe says to the values that the configuration spells out."""
    for value in domain.range if domain.choices is None else domain.choices:
        if name == "epochs" and value == 0:
            yield "epochs is 0 in a choice, expected at least 1: nothing would be trained"
            continue
        try:
            TypeAdapter(Recipe).validate_python({name: value})
        except ValidationError as error:
            # What words mean together is a matter of each pair's recipe: `Space` asks it.
            if any(one["loc"] for one in error.errors()):
                yield from describe_errors("", Recipe, error)


def _whole(number: float) -> bool:
    return abs(number - round(number)) < 1e-9
