"""Dataclass fields that know their description, unit and bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import field, fields
from typing import Any, ClassVar


def knob(
    default: Any, description: str, *, low: float | None = None, high: float | None = None
) -> Any:
    """A dataclass field with its description (unit included) and inclusive bounds."""
    return field(default=default, metadata={"description": description, "low": low, "high": high})


class KnobError(ValueError):
    """Knobs out of their bounds; each of `wrong` begins with the name of one."""

    def __init__(self, wrong: Sequence[str]) -> None:
        super().__init__("; ".join(wrong))
        self.wrong = tuple(wrong)


class Checked:
    """Checks every field against its bounds and raises one KnobError that names them all."""

    # Read by pydantic, which validates the types: a misspelt key is an error, not a default.
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        wrong = []
        for knob_ in fields(self):  # type: ignore[arg-type]
            value = getattr(self, knob_.name)
            low, high = knob_.metadata.get("low"), knob_.metadata.get("high")
            if value is None:
                continue
            if isinstance(value, float) and not math.isfinite(value):
                wrong.append(f"{knob_.name} is {value}, expected a finite number")
            elif (low is not None and value < low) or (high is not None and value > high):
                wrong.append(f"{knob_.name} is {value}, expected {_interval(low, high)}")
        if wrong:
            raise KnobError(wrong)


def _interval(low: float | None, high: float | None) -> str:
    if high is None:
        return f"at least {low}"
    return f"at most {high}" if low is None else f"between {low} and {high}"
