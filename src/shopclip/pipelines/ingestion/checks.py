"""What makes a row of a catalogue usable."""

from __future__ import annotations

import pandas as pd

from shopclip.catalogue import CatalogueError
from shopclip.catalogue.columns import ATTRIBUTES, CAPTION


def reject_rows(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Set apart rows without an id, with the id of an earlier row, or without a caption.

    Returns:
        usable rows, and rejected ones with `id`, `line`, `reason` and `detail`.
    """
    ids, captions = rows["id"].str.strip(), rows[CAPTION].str.strip()
    reason = pd.Series("", index=rows.index, dtype="str")
    reason = reason.mask(captions == "", "empty caption")
    reason = reason.mask(ids.duplicated(), "duplicate id")
    reason = reason.mask(ids == "", "empty id")
    wrong = reason != ""
    rejected = pd.DataFrame(
        {"id": ids[wrong], "line": rows["line"][wrong], "reason": reason[wrong]}
    ).assign(detail=captions[wrong].str.slice(0, 80))
    usable = rows[~wrong].assign(id=ids[~wrong])
    return usable.reset_index(drop=True), rejected.reset_index(drop=True)


def type_products(rows: pd.DataFrame) -> pd.DataFrame:
    """Columns `id`, `caption`, the attributes (null where unknown, `year` a whole number), `image`.

    Raises:
        CatalogueError: no row is left.
    """
    if rows.empty:
        raise CatalogueError(
            "the catalogue has no usable product: every row was rejected, or there is none; "
            "the first column of its table must be the id and each product needs caption and image"
        )
    attributes = rows[list(ATTRIBUTES)].apply(lambda column: column.str.strip())
    attributes = attributes.mask(attributes == "").astype("string")
    attributes["year"] = pd.to_numeric(attributes["year"], errors="coerce").round().astype("Int64")
    captions = rows[CAPTION].str.split().str.join(" ").astype("str")
    return pd.concat(
        [rows[["id"]], captions.rename("caption"), attributes, rows[["image"]]], axis="columns"
    )


def draw(products: pd.DataFrame, limit: int | None, seed: int) -> pd.DataFrame:
    """At most `limit` products, drawn at random by `seed`, in their old order."""
    if limit is None or limit >= len(products):
        return products
    return products.sample(limit, random_state=seed).sort_index().reset_index(drop=True)
