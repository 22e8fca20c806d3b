"""What makes a row of a catalogue usable."""

from __future__ import annotations

import pandas as pd

from shopclip.catalogue import CatalogueError
from shopclip.catalogue.columns import ATTRIBUTES, CAPTION
from shopclip.catalogue.visible import is_visible


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
