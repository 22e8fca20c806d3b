"""One colour a pair, the same wherever the pair appears."""

from __future__ import annotations

from collections.abc import Iterable

# The first five are told apart with any colour vision, markers help with the sixth; all have three
# to one and more against the paper they stand on.
ON_LIGHT = ("#0072b2", "#c8500a", "#5e1a5c", "#b2557a", "#4a4a00", "#5d646a")
ON_DARK = ("#5ab4f0", "#f58a4b", "#e2c4f2", "#f04f93", "#dcecae", "#7b8389")
MARKERS = ("o", "s", "D", "^", "v", "P")

INK, QUIET, RULE, HIT, COLLAPSED = "#1d2226", "#5d666d", "#dcdfe1", "#1a7f37", "#fbdcd7"


def colour_numbers(pairs: Iterable[str]) -> dict[str, int]:
    """Which colour of the palette each pair has; beyond six they come round again."""
    return {pair: number % len(ON_LIGHT) for number, pair in enumerate(sorted(pairs))}
