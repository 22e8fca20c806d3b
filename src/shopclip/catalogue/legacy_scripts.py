"""Encodings from before Unicode of scripts that are not Latin, told by their text."""

from __future__ import annotations

import re
from unicodedata import category

# Each is the largest of its family. Those of several bytes a character, then those of one.
_WIDE = ("cp932", "euc_jp", "gb18030", "big5", "cp949")
_NARROW = (
    "cp1251", "koi8_r", "cp866", "iso8859_5", "cp1253", "iso8859_7", "cp1255", "iso8859_8",
    "cp1256", "cp874",
)  # fmt: skip
_IN_PAIRS = ("euc_jp", "gb18030", "cp949")  # both bytes of a common character are beyond ASCII
_ENOUGH_WIDE, _ENOUGH_NARROW = 64, 100  # bytes of distinct words, from which on it hardly errs
_SOME = 16  # bytes beyond ASCII that Latin text has by chance, such as a few dashes
_RUN = re.compile(rb"[\x80-\xff]+")
_WORD = re.compile(rb"[\x80-\xff][\x40-\xff]*")  # a second byte may be one of ASCII


def is_other_script(sample: bytes) -> bool:
    """Accented letters stand alone among those of ASCII, letters of other scripts in runs."""
    runs = [len(run) for run in _RUN.findall(sample)]
    return sum(runs) >= _SOME and sum(run for run in runs if run > 1) >= sum(runs) / 2


def detect(sample: bytes) -> str | None:
    """The encoding of lines in another script; None where it cannot be told.

    charset-normalizer's first choice of which the text is plausible as well: it knows languages,
    but neither that a mark needs a letter nor that hardly any text is of half-width katakana.
    """
    from charset_normalizer import from_bytes

    found = from_bytes(sample, cp_isolation=[*_WIDE, *_NARROW])
    plausible = (one.encoding for one in found if _is_plausible(sample, str(one), one.encoding))
    encoding = next(plausible, None)
    enough = _ENOUGH_WIDE if encoding in _WIDE else _ENOUGH_NARROW
    return encoding if sum(map(len, set(_WORD.findall(sample)))) >= enough else None


def _is_plausible(sample: bytes, text: str, encoding: str) -> bool:
    runs = _RUN.findall(sample)
    if encoding in _IN_PAIRS and sum(len(run) % 2 for run in runs) > len(runs) / 5:
        return False
    words = re.findall(r"[^\x00-\x7f]+", text)
    half_width = sum("\uff61" <= character <= "\uff9f" for word in words for character in word)
    odd = sum(_is_odd(word, inside=encoding in _NARROW) for word in words)
    return half_width <= 0.3 * sum(map(len, words)) and odd <= len(words) / 20


def _is_odd(word: str, *, inside: bool) -> bool:
    """Whether it begins with a mark, or has anything but letters, marks and digits inside."""
    return category(word[0])[0] == "M" or (
        inside and any(category(character)[0] not in "LMN" for character in word[1:-1])
    )
