"""Nodes that turn a raw catalogue into typed products."""

from __future__ import annotations

from typing import Any

import pandas as pd

from shopclip.catalogue import Catalogue
from shopclip.parameters import CatalogueParameters
from shopclip.pipelines.ingestion.checks import draw, reject_rows, type_products


def check_products(
    raw_catalogue: Catalogue, parameters: CatalogueParameters
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Type the rows of a catalogue, set the unusable ones apart with their reasons, draw a sample.

    Returns:
        products, rejected products, and the facts of the catalogue for the report.
    """
    readable, unreadable = raw_catalogue.rows()
    usable, unusable = reject_rows(readable)
    rejected = pd.concat([unreadable, unusable], ignore_index=True)
    products = draw(type_products(usable), parameters.limit, parameters.seed)
    facts = {
        "name": raw_catalogue.path.name,
        "synthetic": raw_catalogue.synthetic,
        "rows": len(readable) + len(unreadable),
        "rejected": len(rejected),
        "usable": len(usable),
        "drawn": len(products),
    }
    return products, rejected, facts
