"""The fields of a model, whether pydantic or a dataclass made it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_type_hints

import annotated_types
from pydantic import BaseModel
from pydantic_core import PydanticUndefined


@dataclass(frozen=True)
class ModelField:
    """What pydantic's fields and the knobs of a dataclass have in common.

    Attributes:
        default: PydanticUndefined where a value has to be given.
        bounds: as annotated-types has them.
    """

    name: str
    annotation: Any
    default: Any
    description: str
    bounds: tuple[Any, ...]


def is_model(annotation: Any) -> bool:
    """Whether it has fields of its own."""
    return dataclasses.is_dataclass(annotation) or (
        isinstance(annotation, type) and issubclass(annotation, BaseModel)
    )


def fields_of(model: type) -> Iterator[ModelField]:
    """In the order in which they are declared."""
    if issubclass(model, BaseModel):
        for name, info in model.model_fields.items():
            default = info.get_default(call_default_factory=True)
            described = info.description or ""
            yield ModelField(name, info.annotation, default, described, tuple(info.metadata))
        return
    hints = get_type_hints(model)
    for one in dataclasses.fields(model):  # type: ignore[arg-type]
        default = PydanticUndefined if one.default is dataclasses.MISSING else one.default
        described = one.metadata.get("description", "")
        yield ModelField(one.name, hints[one.name], default, described, _bounds(one.metadata))


def summary(model: type) -> str:
    """The first paragraph of its docstring, on one line."""
    return " ".join((model.__doc__ or "").strip().split("\n\n")[0].split())


def _bounds(metadata: Any) -> tuple[Any, ...]:
    low, high = metadata.get("low"), metadata.get("high")
    at_least = () if low is None else (annotated_types.Ge(low),)
    at_most = () if high is None else (annotated_types.Le(high),)
    return (*at_least, *at_most)
