"""Whether a text shows anything at all."""

from __future__ import annotations

from unicodedata import category

# Control, format, surrogate, private and unassigned characters; separators; marks, which need a
# letter to stand on.
_UNSEEN = ("C", "Z", "M")
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and a symbol by their category, and blank


def is_visible(text: str) -> bool:
    """Whether a reader sees a character: zero-width ones and combining marks alone are none."""
    return any(
        category(character)[0] not in _UNSEEN and character not in _BLANKS for character in text
    )
