"""Nodes from a raw catalogue to typed products."""

from __future__ import annotations

from typing import Any

import pandas as pd

from shopclip.catalogue import Catalogue, CatalogueError
from shopclip.catalogue.columns import ATTRIBUTES, CAPTION, is_visible
from shopclip.catalogue.locations import CatalogueLocation, find_location
from shopclip.catalogue.rejected import check_share, count_reasons
from shopclip.parameters import CatalogueParameters


def reject_rows(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Set apart rows without an id, with the id of an earlier row, or without a caption.

    Text in which nothing can be seen, such as zero-width characters, counts as none.

    Returns:
        usable rows, and rejected ones with `id`, `line`, `reason` and `detail`.
    """
    ids, captions = rows["id"].str.strip(), rows[CAPTION].str.strip()
    reason = pd.Series("", index=rows.index, dtype="str")
    reason = reason.mask(~_are_visible(captions), "empty caption")
    reason = reason.mask(ids.duplicated(), "duplicate id")
    reason = reason.mask(~_are_visible(ids), "empty id")
    wrong = reason != ""
    rejected = pd.DataFrame(
        {"id": ids[wrong], "line": rows["line"][wrong], "reason": reason[wrong]}
    ).assign(detail=captions[wrong].str.slice(0, 80))
    usable = rows[~wrong].assign(id=ids[~wrong])
    return usable.reset_index(drop=True), rejected.reset_index(drop=True)


def _are_visible(texts: pd.Series[str]) -> pd.Series[bool]:
    return pd.Series([is_visible(text) for text in texts], index=texts.index, dtype=bool)


def type_products(rows: pd.DataFrame, max_caption: int) -> pd.DataFrame:
    """Columns `id`, `caption`, the attributes (null where unknown, `year` a whole number), `image`.

    A caption of more than `max_caption` characters is cut there: no text tower reads so far, and
    the product has an image that is worth learning from.

    Raises:
        CatalogueError: no row is left.
    """
    if rows.empty:
        raise CatalogueError(
            "the catalogue has no usable product: every row was rejected, or there is none; "
            "expected at least one row with an id, a caption and an image"
        )
    attributes = rows[list(ATTRIBUTES)].apply(lambda column: column.str.strip())
    attributes = attributes.mask(attributes == "").astype("string")
    years = pd.to_numeric(attributes["year"], errors="coerce").astype("float64")
    attributes["year"] = years.where(years.between(0, 9999)).round().astype("Int64")
    captions = (" ".join(caption.split())[:max_caption].rstrip() for caption in rows[CAPTION])
    caption = pd.Series(captions, rows.index, dtype="str", name="caption")
    return pd.concat([rows[["id"]], caption, attributes, rows[["image"]]], axis="columns")


def draw(products: pd.DataFrame, limit: int | None, seed: int) -> pd.DataFrame:
    """At most `limit` products, drawn at random by `seed`, in their old order."""
    if limit is None or limit >= len(products):
        return products
    return products.sample(limit, random_state=seed).sort_index().reset_index(drop=True)


def find_catalogue(parameters: CatalogueParameters) -> CatalogueLocation:
    """Find the catalogue on disk, or download it from the hub, and remember where it lies."""
    return find_location(
        parameters.path, {str(key): name for key, name in parameters.columns.items()}
    )


def check_products(
    raw_catalogue: Catalogue, parameters: CatalogueParameters
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Type the rows of a catalogue, set the unusable ones apart with their reasons, draw a sample.

    Returns:
        products, rejected products, and the catalogue's metadata for the report.

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
    metadata = {
        "name": raw_catalogue.name,
        "fingerprint": fingerprint,
        "synthetic": raw_catalogue.synthetic,
        "rows": rows,
        "rejected": len(rejected),
        "reasons": reasons,
        "usable": len(usable),
        "drawn": len(products),
    }
    return products, rejected, metadata
