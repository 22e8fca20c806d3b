"""Filters: which products a query is about."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow.compute as pc

from shopclip.search.errors import MAX_CONDITIONS, MAX_VALUES, QueryError
from shopclip.search.products import ProductTable, Value

Wanted = Value | Sequence[Value] | Mapping[str, float]
Where = Mapping[str, Wanted]

MAX_NOTES = 5  # a look for the likeliest of many values takes milliseconds


@dataclass(frozen=True)
class OneOf:
    """The attribute has one of these values; of none, no product fits."""

    attribute: str
    values: tuple[Value, ...]

    def mask(self, products: ProductTable) -> np.ndarray:
        codes, known = products.codes(self.attribute)
        return np.isin(codes, [known.index(value) for value in self.values if value in known])

    def expression(self) -> str:
        return f"{self.attribute} in [{', '.join(map(_literal, self.values))}]"


@dataclass(frozen=True)
class Between:
    """The attribute is a number from `low` to `high`, both included."""

    attribute: str
    low: float
    high: float

    def mask(self, products: ProductTable) -> np.ndarray:
        column = products.table[self.attribute]
        inside = pc.and_(pc.greater_equal(column, self.low), pc.less_equal(column, self.high))
        return np.asarray(inside.fill_null(False))

    def expression(self) -> str:
        ends = ((self.low, ">="), (self.high, "<="))
        words = [f"{self.attribute} {sign} {end}" for end, sign in ends if math.isfinite(end)]
        return " and ".join(words) or f"{self.attribute} is not null"


@dataclass(frozen=True)
class Selection:
    """All conditions hold. An index takes what it can use: the mask or the expression."""

    products: ProductTable
    conditions: tuple[OneOf | Between, ...]

    @cached_property
    def mask(self) -> np.ndarray:
        """bool (products,)."""
        masks = [condition.mask(self.products) for condition in self.conditions]
        return np.logical_and.reduce(masks)

    @property
    def is_empty(self) -> bool:
        """Whether a condition asks for nothing but values that no product has."""
        return any(isinstance(one, OneOf) and not one.values for one in self.conditions)

    @property
    def expression(self) -> str:
        """In Milvus's language of filters; only for what is not empty."""
        return " and ".join(condition.expression() for condition in self.conditions)


def select(where: Where | None, products: ProductTable) -> Selection | None:
    """Parse a filter: attribute → value, list of values, or {"min": …, "max": …}.

    Returns:
        None where nothing is filtered.

    Raises:
        QueryError: an attribute that no product has, or more of them, or of values, than allowed.
    """
    if not where:
        return None
    if len(where) > MAX_CONDITIONS:
        raise QueryError(f"where: {len(where)} attributes, expected at most {MAX_CONDITIONS}")
    return Selection(products, tuple(_condition(*item, products) for item in where.items()))


def unknown_values(where: Where | None, products: ProductTable) -> list[str]:
    """What a filter asks for in vain: a sentence for each value that no product has, of the first.

    Args:
        where: a filter that `select` takes.
    """
    vain = [
        (attribute, value)
        for attribute, wanted in (where or {}).items()
        if not isinstance(wanted, Mapping)
        for value in _listed(wanted)
        if _known(attribute, value, products) is None
    ]
    told = [_instead(*one, products) for one in vain[:MAX_NOTES]]
    return [*told, f"and {len(vain) - MAX_NOTES} more"] if len(vain) > MAX_NOTES else told


def _condition(attribute: str, wanted: Wanted, products: ProductTable) -> OneOf | Between:
    if attribute not in products.attributes:
        known = ", ".join(products.attributes) or "none"
        raise QueryError(f"where: no attribute {attribute[:60]!r}; those of the catalogue: {known}")
    if isinstance(wanted, Mapping):
        return _between(attribute, wanted, products)
    values = _listed(wanted)
    if not 0 < len(values) <= MAX_VALUES:
        raise QueryError(
            f"where: {len(values)} values of {attribute}, expected from 1 to {MAX_VALUES}"
        )
    found = [_known(attribute, value, products) for value in values]
    return OneOf(attribute, tuple(value for value in found if value is not None))


def _listed(wanted: Value | Sequence[Value]) -> list[Value]:
    return [wanted] if isinstance(wanted, str | int | float) else list(wanted)


def _between(attribute: str, ends: Mapping[str, float], products: ProductTable) -> Between:
    if not products.is_numeric(attribute):
        raise QueryError(f"where: {attribute} is no number, so give its values, not min and max")
    if not ends or set(ends) - {"min", "max"}:
        raise QueryError(f"where: {attribute} takes a value, a list of values, or min and max")
    low, high = float(ends.get("min", -math.inf)), float(ends.get("max", math.inf))
    if math.isnan(low) or math.isnan(high):
        raise QueryError(f"where: {attribute} takes numbers as min and max")
    return Between(attribute, low, high)


def _known(attribute: str, value: Value, products: ProductTable) -> Value | None:
    """The value as the products have it, whatever its case; None if none has it."""
    named = products.named(attribute)
    if products.is_numeric(attribute):
        return named.get(_number(value) if isinstance(value, str) else value)
    return named.get(str(value), named.get(str(value).casefold()))


def _instead(attribute: str, value: Value, products: ProductTable) -> str:
    values, asked = products.values(attribute), str(value)[:60]
    texts = {str(known).casefold(): known for known in values}
    near = [str(texts[text]) for text in difflib.get_close_matches(asked.casefold(), texts, 3, 0.5)]
    words = ", ".join(near or [str(known) for known in values[:10]]) or "none"
    return f"no product has the {attribute} {asked!r}; there are {words}"


def _number(text: str) -> Value:
    try:
        return float(text[:40])
    except ValueError:
        return text


def _literal(value: Value) -> str:
    """A value in Milvus's language, whose strings know fewer escapes than JSON's."""
    if not isinstance(value, str):
        return repr(value)
    escapes: dict[str, str | int | None] = {
        "\\": "\\\\",
        '"': '\\"',
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
    }
    return '"' + value.translate(str.maketrans(escapes)) + '"'
