"""Former names of parameters, which are understood for one more release."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from shopclip.parameters.messages import ParameterError

logger = logging.getLogger(__name__)

# Dotted old name → dotted new name, of a value or of all that is below; * is any key.
RENAMED: Mapping[str, str] = {
    "index.links": "index.m",
    "index.build_breadth": "index.ef_construction",
    "index.search_breadth": "index.ef_search",
    "index.least_recall": "index.min_recall",
    "training.dimensions": "training.embed_dim",
    "training.recipe.epsilon": "training.recipe.eps",
    "pairs.*.recipe.epsilon": "pairs.*.recipe.eps",
    "pairs.*.text.vocabulary": "pairs.*.text.vocab_size",
}

Path = tuple[Any, ...]  # the keys from the top to a value


def rename(
    parameters: dict[str, Any], given_now: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The parameters by their present names, with a warning for each that has a former one.

    Args:
        parameters: those of the configuration, with those of the command line in place.
        given_now: those of the command line alone, which overrule a file by either name.

    Raises:
        ParameterError: a value is given by both names.
    """
    values, now = dict(_leaves(parameters)), dict(_leaves(given_now or {}))
    former = _former(values)
    for old, new in former.items():
        names = _dotted(old), _dotted(new)
        logger.warning("%s is now called %s; the next release reads the new name alone", *names)
        if new in values and (old in now) == (new in now):
            raise ParameterError(f"{names[0]} and {names[1]} are one parameter; give the latter")
        value = values.pop(old)
        if new not in now:
            values[new] = value
    return _nested(values) if former else parameters


def present_names(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What an earlier run has recorded, by the names of now."""
    values = dict(_leaves(parameters))
    former = _former(values)
    return _nested({former.get(path, path): value for path, value in values.items()})


def _former(values: Mapping[Path, Any]) -> dict[Path, Path]:
    """Present names of those values that have a former one."""
    return {
        path: present
        for path in values
        for old, new in RENAMED.items()
        if (present := _renamed(path, old.split("."), new.split("."))) is not None
    }


def _renamed(path: Path, old: list[str], new: list[str]) -> Path | None:
    head, below = path[: len(old)], path[len(old) :]
    if len(head) < len(old) or any(
        part not in ("*", key) for part, key in zip(old, head, strict=True)
    ):
        return None
    starred = iter([key for part, key in zip(old, head, strict=True) if part == "*"])
    return (*(next(starred) if part == "*" else part for part in new), *below)


def _leaves(parameters: Mapping[Any, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that is no mapping, or an empty one."""
    for key, value in parameters.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _nested(values: Mapping[Path, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for (*above, last), value in values.items():
        inner = nested
        for key in above:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return nested


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))
