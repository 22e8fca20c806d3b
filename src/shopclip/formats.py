"""Numbers as people read them."""

from __future__ import annotations

import math


def percent(share: float) -> str:
    """A share in percent without the sign; small ones keep two significant digits."""
    return f"{100 * share:.{decimals(share)}f}"


def percent_interval(low: float, high: float, share: float) -> str:
    """The ends of an interval in percent, as exact as the share they stand beside.

    Empty where both are the same: a bootstrap of equal hits says nothing of their spread.
    """
    if low == high:
        return ""
    digits = decimals(share)
    return f"{100 * low:.{digits}f}–{100 * high:.{digits}f}"


def decimals(share: float) -> int:
    value = abs(100 * share)
    if value >= 9.995:
        return 1
    return 2 if value == 0 or value >= 0.1 else math.ceil(-math.log10(value)) + 1


def optional(value: float | None, form: str) -> str:
    """A number in a format, or a dash where there is none."""
    return "–" if value is None or math.isnan(value) else format(value, form)


def place(rank: float) -> str:
    """A median rank; halves arise between two queries."""
    return f"{rank:,.1f}".removesuffix(".0")
