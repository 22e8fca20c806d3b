"""Two pairs, or a pair and something shared, whose data would lie in the same place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from shopclip.errors import ShopclipError

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class CollisionError(ShopclipError):
    """What a pair is to write would replace what is not its own."""


class _Claim(NamedTuple):
    """A dataset, the pair that it is of, or None, and where it lies, if in a file or folder."""

    name: str
    pair: str | None
    place: PurePosixPath | None


def refuse_collisions(pairs: Iterable[str], entries: Mapping[str, Any]) -> None:
    """Look at all datasets that the entries of a catalog make of these pairs.

    Args:
        pairs: repeats included.
        entries: configuration by name of dataset; a factory has one placeholder, for the pair.

    Raises:
        CollisionError: two have one name or one place, or one lies inside the other, and they are
            not both of one pair; names the pair and what it would collide with.
    """
    claims = list(_claims(list(pairs), entries))
    by_name: dict[str, _Claim] = {}
    by_place: dict[PurePosixPath, _Claim] = {}
    for claim in claims:
        _refuse(claim, by_name.setdefault(claim.name, claim), "name")
        if claim.place is not None:
            _refuse(claim, by_place.setdefault(claim.place, claim), "place")
    for claim in claims:
        for above in claim.place.parents if claim.place is not None else ():
            if above in by_place:
                _refuse(claim, by_place[above], "place")


def _claims(pairs: list[str], entries: Mapping[str, Any]) -> Iterator[_Claim]:
    for entry, config in entries.items():
        placeholders = set(_PLACEHOLDER.findall(entry))
        if not placeholders:
            yield _Claim(entry, None, _place(config))
        elif len(placeholders) == 1:
            (placeholder,) = placeholders
            for pair in pairs:
                values = {placeholder: pair}
                yield _Claim(_filled(entry, values), pair, _place(config, values))


def _place(config: Any, values: Mapping[str, str] | None = None) -> PurePosixPath | None:
    """Of the dataset itself, or of the one that it keeps in memory."""
    while isinstance(config, Mapping):
        place = config.get("filepath") or config.get("path")
        if isinstance(place, str):
            return PurePosixPath(_filled(place, values or {}))
        config = config.get("dataset")
    return None


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def _refuse(one: _Claim, other: _Claim, what: str) -> None:
    if one.pair == other.pair:
        return
    pair, theirs = (one, other) if one.pair is not None else (other, one)
    owner = f"of pairs.{theirs.pair}" if theirs.pair else "which is not a pair's"
    shared = f" ({theirs.place})" if what == "place" else ""
    raise CollisionError(
        f"pairs.{pair.pair}: its dataset {pair.name} would have the {what} of {theirs.name}, "
        f"{owner}{shared}; give the pair another name"
    )
