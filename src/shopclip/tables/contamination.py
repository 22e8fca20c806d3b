"""Captions that a pair was trained with: what it knows by heart is no skill."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from shopclip.tables.splits import caption_keys


def caption_hashes(captions: pd.Series[str]) -> np.ndarray:
    """64 bits of BLAKE2b of each caption, uint64 (captions,); the same for captions that read the
    same (`caption_keys`).
    """
    keys = caption_keys(captions)
    digests = b"".join(hashlib.blake2b(key.encode(), digest_size=8).digest() for key in keys)
    return np.frombuffer(digests, dtype=">u8").astype(np.uint64)


def remember(examples: pd.DataFrame, *, trained: bool) -> pd.DataFrame:
    """`caption_hash` of every caption of the splits `train` and `validation`, sorted.

    Args:
        trained: whether a step was done at all; towers that were not trained have seen nothing.
    """
    used = examples[(examples["split"] != "held_out") & trained]
    captions = used.drop_duplicates("caption_id")["caption"]
    return pd.DataFrame({"caption_hash": np.unique(caption_hashes(captions))})


def seen(captions: pd.Series[str], trained_captions: pd.DataFrame) -> np.ndarray:
    """Whether the pair was trained with each caption, bool (captions,)."""
    return np.isin(caption_hashes(captions), trained_captions["caption_hash"].to_numpy())


def held_out_seen(examples: pd.DataFrame, trained_captions: pd.DataFrame) -> float:
    """Share of the held-out products whose caption the pair was trained with; 0 without any."""
    held_out = examples.loc[examples["split"] == "held_out", "caption"]
    return float(seen(held_out, trained_captions).mean()) if len(held_out) else 0.0
