"""Messages about wrong parameters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError

from shopclip.errors import ShopclipError, suggest

MAX_VALUE = 80  # characters of a value that a message repeats
UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
BOUNDS = {
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "finite_number": "a finite number",
    "too_short": "at least {min_length}",
    "string_too_short": "at least {min_length} character",
    "literal_error": "{expected}",
    **dict.fromkeys(
        ("dataclass_type", "model_type", "dict_type", "mapping_type"), "a mapping of keys to values"
    ),
}


class ParameterError(ShopclipError):
    """Parameters are not what the configuration or the command line may say."""


def one_error(wrong: Sequence[str]) -> ParameterError:
    """One error that says all that is wrong."""
    return ParameterError("; ".join(dict.fromkeys(wrong)))


def as_text(value: Any) -> str:
    """A value as YAML or the command line says it."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"


def describe_errors(key: str, kind: Any, error: ValidationError) -> Iterator[str]:
    """Every error of pydantic in the value of a key, which is to be of this kind.

    Args:
        key: dotted; empty for keys of their own.
    """
    for one in error.errors(include_url=False):
        path = [part for part in one["loc"] if part != "[key]"]
        where = ".".join(filter(None, [key, *map(str, path)]))
        context, name = one.get("ctx", {}), str(path[-1]) if path else key
        wrong = context.get("error")
        if one["type"] in UNKNOWN or "[key]" in one["loc"]:
            yield f"{where}: unknown key; {suggest(name, _names_beside(kind, path[:-1]))}"
        elif one["type"] == "missing":
            yield f"{where} is missing"
        elif wrong is not None:
            yield f"{where}: {wrong}"
        else:
            yield f"{where} is {as_text(one['input'])}, expected {_expected(one)}"


def fields_of(kind: Any) -> dict[str, Any]:
    """The keys that a model or dataclass takes, with the types of their values; else none."""
    kind = _bare(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    return get_type_hints(kind) if isinstance(kind, type) and is_dataclass(kind) else {}


def _names_beside(kind: Any, path: Sequence[Any]) -> list[str]:
    """What may stand beside a key, `path` being where."""
    for part in path:
        kind = fields_of(kind).get(part) or _inside(kind)
    if fields := fields_of(kind):
        return [name for name in fields if not name.startswith("_")]
    arguments = get_args(_bare(kind))
    return [str(name) for name in _literals(arguments[0])] if arguments else []


def _inside(kind: Any) -> Any:
    """What the values of a mapping or list are."""
    arguments = get_args(_bare(kind))
    return arguments[-1] if arguments else Any


def _literals(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    else:
        for one in get_args(kind):
            yield from _literals(one)


def _bare(kind: Any) -> Any:
    """Without bounds, and without the null that is allowed instead."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, UnionType):
            others = [one for one in get_args(kind) if one is not NoneType]
            if len(others) > 1:
                return kind
            kind = others[0]
        else:
            return kind


def _expected(one: Mapping[str, Any]) -> str:
    if (bound := BOUNDS.get(one["type"])) is not None:
        return bound.format(**one.get("ctx", {}))
    return str(one["msg"]).removeprefix("Input should be ").removeprefix("Input should ")
