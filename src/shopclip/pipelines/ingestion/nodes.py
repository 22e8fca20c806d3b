"""Nodes that turn a raw catalogue into typed products."""

from __future__ import annotations

from typing import Any

import pandas as pd

from shopclip.catalogue import Catalogue
from shopclip.catalogue.places import Place, find_place
from shopclip.catalogue.rejected import check_share, count_reasons
from shopclip.parameters import CatalogueParameters
from shopclip.pipelines.ingestion.checks import draw, reject_rows, type_products


def find_catalogue(parameters: CatalogueParameters) -> Place:
    """Find the catalogue on disk, or download it from the hub, and remember where it lies."""
    return find_place(parameters.path, {str(key): name for key, name in parameters.columns.items()})


def check_products(
    raw_catalogue: Catalogue, parameters: CatalogueParameters
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Type the rows of a catalogue, set the unusable ones apart with their reasons, draw a sample.

    Returns:
        products, rejected products, and the facts of the catalogue for the report.

    Raises:
        CatalogueError: more rows are rejected than `catalogue.max_rejected`, or all are.
    """
    fingerprint = raw_catalogue.fingerprint()
    readable, unreadable = raw_catalogue.rows()
    usable, unusable = reject_rows(readable)
    del readable  # a table of millions of rows is held no longer than needed
    rejected = pd.concat([unreadable, unusable], ignore_index=True)
    reasons, rows = count_reasons(rejected), len(usable) + len(rejected)
    if rows:
        check_share(len(rejected) / rows, parameters.max_rejected, reasons)
    typed = type_products(usable, parameters.max_caption)
    products = draw(typed, parameters.limit, parameters.seed)
    facts = {
        "name": raw_catalogue.name,
        "fingerprint": fingerprint,
        "synthetic": raw_catalogue.synthetic,
        "rows": rows,
        "rejected": len(rejected),
        "reasons": reasons,
        "usable": len(usable),
        "drawn": len(products),
    }
    return products, rejected, facts
