"""Types, bounds and defaults as somebody who writes YAML would say them."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

LONGEST = 50  # characters of a default that is written out


def type_in_words(annotation: Any) -> tuple[str, bool]:
    """Such as `int or null`, and whether it is a mapping whose keys the user names."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_in_words(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in _choices(annotation)), False
    if origin in (Union, types.UnionType):
        told = [type_in_words(one) for one in arguments if one is not type(None)]
        null = ["null"] if type(None) in arguments else []
        return " or ".join([*(word for word, _ in told), *null]), any(m for _, m in told)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"mapping: {_plain(arguments[0])} → {_plain(arguments[1])}", True
    if origin is list:
        return f"list of {_plain(arguments[0])}", False
    if origin is tuple:
        return f"[{', '.join(_plain(one) for one in arguments if one is not ...)}]", False
    return {type(None): "null", Any: "anything"}.get(annotation) or annotation.__name__, False


def _plain(annotation: Any) -> str:
    """The same inside of another type, where choices are one word each."""
    if get_origin(annotation) is Literal:
        return "/".join(str(value) for value in _choices(annotation))
    return type_in_words(annotation)[0]


def _choices(annotation: Any) -> list[Any]:
    """The values of a Literal, those of Literals inside of it included."""
    return [
        choice
        for value in get_args(annotation)
        for choice in (_choices(value) if get_origin(value) is Literal else [value])
    ]


def bounds_in_words(metadata: tuple[Any, ...]) -> str:
    """Such as `0 to 1`, `above 0`, `not empty`; empty without bounds."""
    low = high = ""
    told = []
    for one in metadata:
        if isinstance(one, annotated_types.Ge):
            low = f"≥ {one.ge:g}"
        elif isinstance(one, annotated_types.Gt):
            low = f"> {one.gt:g}"
        elif isinstance(one, annotated_types.Le):
            high = f"≤ {one.le:g}"
        elif isinstance(one, annotated_types.Lt):
            high = f"< {one.lt:g}"
        elif isinstance(one, annotated_types.MinLen):
            told.append("not empty" if one.min_length == 1 else f"at least {one.min_length}")
        elif isinstance(one, annotated_types.MaxLen):
            told.append(f"at most {one.max_length}")
    return ", ".join([*(end for end in (low, high) if end), *told])


def value_in_words(value: Any) -> str:
    """The value as in YAML; of a long mapping its keys alone; empty where there is none."""
    if value is PydanticUndefined:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return value
    written = json.dumps(value, ensure_ascii=False, default=_set_fields)
    if isinstance(value, Mapping) and len(written) > LONGEST:
        return f"{{{', '.join(f'{key}: …' for key in value)}}}"
    return written


def _set_fields(model: BaseModel) -> dict[str, Any]:
    """What a default says of a model, as YAML would."""
    return model.model_dump(exclude_unset=True)
