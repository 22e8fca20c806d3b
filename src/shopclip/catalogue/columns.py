"""The columns of a catalogue: what this project calls them, and what a file does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from unicodedata import category

from shopclip.errors import ShopclipError


class CatalogueError(ShopclipError):
    """A catalogue cannot be used at all; the message says where and what to do."""


# Control, format, surrogate, private and unassigned characters; separators; marks, which need a
# letter to stand on.
_UNSEEN = ("C", "Z", "M")
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and a symbol by their category, and blank


def is_visible(text: str) -> bool:
    """Whether a reader sees a character: zero-width ones and combining marks alone are none."""
    return any(
        category(character)[0] not in _UNSEEN and character not in _BLANKS for character in text
    )


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
    mapping: Mapping[str, str], columns: Sequence[str], file: Path, optional: Sequence[str] = ()
) -> dict[str, str]:
    """What `file` calls the id, the caption, the image and each attribute that it has.

    Args:
        mapping: `catalogue.columns`: id, caption, image or an attribute → the file's own name.
        columns: the columns of the file.
        optional: of id, caption and image, those that may be missing.

    Raises:
        CatalogueError: a column that is needed, or that `mapping` names, is not in the file, or is
            there twice, or stands for two things.
    """
    names: dict[str, str] = {}
    missing = []
    for key in ("id", "caption", "image", *ATTRIBUTES):
        candidates = (mapping[key],) if key in mapping else _USUAL.get(key, (key,))
        name = next((name for name in candidates if name in columns), None)
        if name is not None:
            names[key] = name
        elif key in mapping or key not in (*ATTRIBUTES, *optional):
            missing.append(candidates[0] if candidates[0] == key else f"{candidates[0]} ({key})")
    if missing:
        raise CatalogueError(
            f"{file}: has no column {', '.join(missing)}; its columns are "
            f"{_shown(columns) or 'none'}. Say what they are called with catalogue.columns, "
            "such as {id: sku, caption: title, image: photo}"
        )
    if repeated := [
        name for name, count in Counter(columns).items() if count > 1 and name in names.values()
    ]:
        raise CatalogueError(
            f"{file}: has more than one column {_shown(repeated)}, so it cannot be told which one "
            "is meant; give the others another name"
        )
    if shared := [name for name, count in Counter(names.values()).items() if count > 1]:
        keys = [key for key, name in names.items() if name == shared[0]]
        raise CatalogueError(
            f"{file}: its column {shared[0]} stands for {' and '.join(keys)}; expected another "
            "column for each in catalogue.columns"
        )
    return names


def _shown(names: Sequence[str]) -> str:
    """The names in a line that a terminal can show."""
    text = ", ".join(names)[:400]
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
