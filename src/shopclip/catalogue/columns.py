"""The columns of a catalogue: what this project calls them, and what a file does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from shopclip.catalogue.errors import CatalogueError

CAPTION = "productDisplayName"
ATTRIBUTES = (
    "gender",
    "masterCategory",
    "subCategory",
    "articleType",
    "baseColour",
    "season",
    "year",
    "usage",
)
COLUMNS = ("id", *ATTRIBUTES, CAPTION)

_USUAL = {"caption": (CAPTION, "caption")}


def name_columns(
    mapping: Mapping[str, str], found: Sequence[str], file: Path, optional: Sequence[str] = ()
) -> dict[str, str]:
    """What `file` calls the id, the caption, the image and each attribute that it has.

    Args:
        mapping: `catalogue.columns`: id, caption, image or an attribute → the file's own name.
        found: the columns of the file.
        optional: of id, caption and image, those that may be missing.

    Raises:
        CatalogueError: a column that is needed, or that `mapping` names, is not in the file.
    """
    named: dict[str, str] = {}
    missing = []
    for key in ("id", "caption", "image", *ATTRIBUTES):
        candidates = (mapping[key],) if key in mapping else _USUAL.get(key, (key,))
        name = next((name for name in candidates if name in found), None)
        if name is not None:
            named[key] = name
        elif key in mapping or key not in (*ATTRIBUTES, *optional):
            missing.append(candidates[0] if candidates[0] == key else f"{candidates[0]} ({key})")
    if missing:
        raise CatalogueError(
            f"{file}: has no column {', '.join(missing)}; its columns are "
            f"{', '.join(found)[:400] or 'none'}. Say what they are called with catalogue.columns, "
            "such as {id: sku, caption: title, image: photo}"
        )
    return named
