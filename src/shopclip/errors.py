"""Errors that a user can fix, and the name nearest to a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def first_line(error: BaseException) -> str:
    """Of what an error says, for which libraries take pages."""
    return str(error).strip().split("\n")[0]


class ShopclipError(Exception):
    """Its message is for the user: which file, row or key, what was expected, and what to do."""


MAX_NAMES = 40  # names that nobody reads to their end


def suggest(name: str, candidates: Iterable[str]) -> str:
    """`did you mean …?`, or what there is where nothing is near."""
    names = sorted(set(candidates))
    if near := nearest(name, names):
        return f"did you mean {near}?"
    if len(names) > MAX_NAMES:
        return f"expected one such as {', '.join(get_close_matches(name, names, 5, cutoff=0))}"
    return f"expected one of {', '.join(names)}" if names else "there is none"


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that looks most like this one; None where none does."""
    by_small = {one.lower(): one for one in candidates}
    near = get_close_matches(str(name).lower(), by_small, n=1, cutoff=0.6)
    return by_small[near[0]] if near else None
