"""How many products have each value of each attribute, for whoever narrows a search down."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from shopclip.search.products import ProductTable, Value
from shopclip.search.selection import Selection

Facets = Mapping[str, Mapping[Value, int]]


def count_values(products: ProductTable, among: Selection | None) -> Facets:
    """By attribute and value, the products that have it and fit all conditions on other attributes.

    So an attribute that is filtered by goes on saying what its other values would find. Values
    stand in their order, those that nothing fits with 0.

    Args:
        among: the filter, of these products; None where nothing is filtered.
    """
    masks = {one.attribute: one.mask(products) for one in among.conditions} if among else {}
    found: dict[str, dict[Value, int]] = {}
    for attribute in products.attributes:
        codes, values = products.codes(attribute)
        others = [mask for name, mask in masks.items() if name != attribute]
        fitting = codes[np.logical_and.reduce(others)] if others else codes
        counts = np.bincount(fitting[fitting >= 0], minlength=len(values))
        found[attribute] = dict(zip(values, counts.tolist(), strict=True))
    return found
