"""Splits by caption, decided by a hash: no caption is on both sides, no product ever changes."""

from __future__ import annotations

import hashlib

import pandas as pd


def caption_keys(captions: pd.Series[str]) -> pd.Series[str]:
    """Captions without the differences that a reader overlooks: case and white space."""
    return captions.str.casefold().str.split().str.join(" ").astype("str")


def held_out(keys: pd.Series[str], share: float, seed: int) -> pd.Series[bool]:
    """Whether each caption is kept out of training; about `share` of the distinct ones are."""
    distinct = keys.drop_duplicates()
    kept_out = distinct.map(lambda key: _uniform(key, seed) < share)
    return keys.map(dict(zip(distinct, kept_out, strict=True))).astype(bool)


def _uniform(key: str, seed: int) -> float:
    """A number in [0, 1) that depends on the caption and the seed alone."""
    digest = hashlib.blake2b(key.encode(), digest_size=8, salt=seed.to_bytes(8, "big", signed=True))
    return int.from_bytes(digest.digest(), "big") / 2**64
