"""The fields of a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType
from typing import Any, get_args


@dataclass(frozen=True)
class ModelField:
    """A field of a pydantic model or dataclass.

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
    return isinstance(annotation, type) and hasattr(annotation, "__pydantic_fields__")


def _required(annotation: Any) -> Any:
    """A model that may be left out, as the model; anything else as it is."""
    kinds = get_args(annotation)
    models = [one for one in kinds if is_model(one)]
    return models[0] if NoneType in kinds and len(models) == 1 else annotation


def fields_of(model: type) -> Iterator[ModelField]:
    """In the order in which they are declared."""
    for name, info in model.__pydantic_fields__.items():  # type: ignore[attr-defined]
        default = info.get_default(call_default_factory=True)
        described = info.description or ""
        yield ModelField(name, _required(info.annotation), default, described, tuple(info.metadata))


def summary(model: type) -> str:
    """The first paragraph of its docstring, on one line."""
    return " ".join((model.__doc__ or "").strip().split("\n\n")[0].split())
