"""All parameters of a configuration, checked before anything is built from them.

Kedro checks the typed ones of the chosen stages as it makes its catalog; a key that no node asks
for would pass unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from shopclip.dualencoder.recipe import Recipe
from shopclip.errors import nearest, suggest
from shopclip.parameters import (
    CaptionParameters,
    CatalogueParameters,
    EngineParameters,
    EvaluationParameters,
    ImageParameters,
    IndexParameters,
    Pair,
    SplitParameters,
    TrainingParameters,
)
from shopclip.parameters.messages import (
    ParameterError,
    as_text,
    describe_errors,
    fields_of,
    one_error,
)
from shopclip.parameters.pairs import ensembles_of, teachers_of
from shopclip.parameters.tuning import TuningParameters

SECTIONS: Mapping[str, type[BaseModel]] = {
    "catalogue": CatalogueParameters,
    "images": ImageParameters,
    "splits": SplitParameters,
    "captions": CaptionParameters,
    "training": TrainingParameters,
    "engine": EngineParameters,
    "evaluation": EvaluationParameters,
    "index": IndexParameters,
    "tuning": TuningParameters,
}
PAIRS = "pairs"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def check(parameters: Mapping[str, Any], overrides: Mapping[str, Any] | None = None) -> None:
    """Accept the parameters, or say all that is wrong with them.

    Args:
        parameters: those of the configuration, with those of the command line in place.
        overrides: those of the command line alone.

    Raises:
        ParameterError: a key that nobody reads, with the nearest that somebody does; a value that
            is none; no pair.
    """
    wrong = [*_unknown(parameters, overrides or {})]
    for name, model in SECTIONS.items():
        if name in parameters:
            wrong += _section(name, model, parameters[name])
    wrong += _pairs(parameters)
    if wrong:
        raise one_error(wrong)


def section(parameters: Mapping[str, Any], name: str) -> Any:
    """One section as its model.

    Raises:
        ParameterError: it is missing or wrong.
    """
    if name not in parameters:
        raise ParameterError(f"{name} is missing; expected it in a file conf/base/parameters*.yml")
    if wrong := list(_section(name, SECTIONS[name], parameters[name])):
        raise one_error(wrong)
    return SECTIONS[name].model_validate(parameters[name])


def _unknown(parameters: Mapping[str, Any], overrides: Mapping[str, Any]) -> Iterator[str]:
    """Names at the top that no node reads; `_name` in a file is an anchor, which YAML reads."""
    for name in parameters:
        anchor = str(name).startswith("_") and name not in overrides
        if name not in SECTIONS and name != PAIRS and not anchor:
            yield f"{name}: unknown parameter; {_suggest(str(name))}"


def _suggest(name: str) -> str:
    """The nearest section; or the setting of this name, by its dotted key."""
    keys = dict(_keys(SECTIONS))
    if near := nearest(name, (*SECTIONS, PAIRS)):
        return f"did you mean {near}?"
    if near := nearest(name, keys):
        return f"did you mean {keys[near]}?"
    return suggest(name, (*SECTIONS, PAIRS))


def _keys(fields: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    for name, kind in fields.items():
        if within:
            yield name, f"{within}{name}"
        yield from _keys(fields_of(kind), f"{within}{name}.")


def _section(name: str, kind: Any, value: Any) -> Iterator[str]:
    try:
        typed = TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        yield from describe_errors(name, kind, error)
    else:
        yield from _truths(name, value, typed)


def _truths(key: str, raw: Any, typed: Any) -> Iterator[str]:
    """Numbers that were given as true or false, which Python takes for 1 and 0."""
    if isinstance(raw, Mapping):
        for name, value in raw.items():
            inside = typed.get(name) if isinstance(typed, Mapping) else getattr(typed, name, None)
            yield from _truths(f"{key}.{name}", value, inside)
    elif isinstance(raw, bool) and isinstance(typed, int | float) and not isinstance(typed, bool):
        yield f"{key} is {as_text(raw)}, expected a number"


def _pairs(parameters: Mapping[str, Any]) -> Iterator[str]:
    pairs = parameters.get(PAIRS)
    if not isinstance(pairs, Mapping) or not pairs:
        value = as_text(pairs) if PAIRS in parameters else "missing"
        yield f"{PAIRS} is {value}, expected at least one pair, such as name: {{text: …, image: …}}"
        return
    shared = _shared_recipe(parameters)
    yield from _needs(parameters)
    for name, pair in pairs.items():
        key = f"{PAIRS}.{name}"
        if not _NAME.fullmatch(str(name)):
            yield f"{key}: expected a name of a-z, 0-9 and _ that begins with a letter"
        wrong = list(_section(key, Pair, pair))
        yield from wrong
        if not wrong and shared is not None:
            yield from _section(f"{key}.recipe", Recipe, {**shared, **pair.get("recipe", {})})
        if not wrong and shared is not None:
            yield from _half_trained(key, pair, shared)
        if not wrong and (label := pair.get("label") or name) != name:
            yield f"{key}.label is {as_text(label)}, expected {name}, which it is by itself"
        if not wrong and (repeated := pair.get("repeats")) and repeated not in pairs:
            yield f"{key}.repeats is {as_text(repeated)}: no such pair; {suggest(repeated, pairs)}"


def _half_trained(key: str, pair: Mapping[str, Any], shared: Mapping[str, Any]) -> Iterator[str]:
    """Weights in half precision that are trained: most updates are too small to change them."""
    recipe = {**shared, **pair.get("recipe", {})}
    for side in ("text", "image"):
        tower = pair.get(side)
        dtype = tower.get("dtype", "fp32") if isinstance(tower, Mapping) else "fp32"
        if dtype != "fp32" and recipe.get("epochs", 1) and recipe.get(f"{side}_mode") == "train":
            yield (
                f"{key}.{side}.dtype is {dtype}, in which weights hardly learn; expected fp32, or "
                f"recipe.{side}_mode: frozen (precision says what the forward pass computes in)"
            )


def _needs(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Pairs that learn from none, from themselves, or in a circle; ensembles of no pairs."""
    training, pairs = parameters.get("training"), parameters[PAIRS]
    recipe = training.get("recipe") if isinstance(training, Mapping) else None
    if isinstance(recipe, Mapping) and recipe.get("teacher"):
        yield (
            f"training.recipe.teacher is {as_text(recipe['teacher'])}, which would teach itself; "
            "expected it in the recipe of each pair that learns from it"
        )
    whole = {name: pair for name, pair in pairs.items() if isinstance(pair, Mapping)}
    taught, members = teachers_of(whole), _members(whole)
    needs = {**{name: (teacher,) for name, teacher in taught.items()}, **members}
    for name, teacher in taught.items():
        key = f"{PAIRS}.{name}.recipe.teacher is {as_text(teacher)}"
        if teacher not in pairs:
            yield f"{key}: no such pair; {suggest(str(teacher), pairs)}"
        elif name in _all_needs(teacher, needs):
            yield f"{key}, which learns from {name}; expected a teacher that does not"
    for name, names in members.items():
        key = f"{PAIRS}.{name}.ensemble"
        for member in names:
            if member not in pairs:
                yield f"{key}.{member}: no such pair; {suggest(str(member), pairs)}"
            elif member in members:
                yield f"{key}.{member} is an ensemble itself; name its members instead"


def _members(pairs: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Of the ensembles that are written as one; of others it is said elsewhere what is wrong."""
    return ensembles_of({n: p for n, p in pairs.items() if isinstance(p.get("ensemble"), Mapping)})


def _all_needs(name: str, needs: Mapping[str, tuple[str, ...]]) -> set[str]:
    """The pairs that have to be trained before this one, itself included."""
    found, left = {name}, [name]
    while left:
        new = set(needs.get(left.pop(), ())) - found
        found |= new
        left += new
    return found


def _shared_recipe(parameters: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """`training.recipe`; None where that is wrong itself, and said so."""
    training = parameters.get("training")
    recipe = training.get("recipe") if isinstance(training, Mapping) else None
    if not isinstance(recipe, Mapping) or list(_section("", Recipe, recipe)):
        return None
    return recipe
