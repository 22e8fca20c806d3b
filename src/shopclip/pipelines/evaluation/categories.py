"""Products by the value of an attribute, those without one included."""

from __future__ import annotations

import pandas as pd

UNKNOWN, OTHER = "unknown", "other"


def category_of(examples: pd.DataFrame, attribute: str) -> pd.Series[str]:
    """Each product's value, `unknown` where it has none or a blank one."""
    values = examples[attribute].astype("string").str.strip()
    return values.mask(values == "").fillna(UNKNOWN).astype(object)


def commonest(values: pd.Series[str], count: int) -> list[str]:
    """The `count` commonest values, the commonest first, equals by the alphabet."""
    counts = values.value_counts().rename_axis("value").reset_index(name="products")
    ordered = counts.sort_values(["products", "value"], ascending=[False, True])
    return ordered["value"].head(count).tolist()
