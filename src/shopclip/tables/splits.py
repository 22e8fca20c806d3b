"""Splits by caption, decided by a hash: no caption is on both sides, no product ever changes."""

from __future__ import annotations

import hashlib
import logging

import numpy as np
import pandas as pd

from shopclip.tables.ground_truth import Benchmark

logger = logging.getLogger(__name__)


def caption_keys(captions: pd.Series[str]) -> pd.Series[str]:
    """Captions without the differences that a reader overlooks: case and white space."""
    # One by one: `.str.split()` would hold the words of a million captions as lists.
    keys = (" ".join(caption.casefold().split()) for caption in captions)
    return pd.Series(pd.array(list(keys), dtype="str"), index=captions.index, name=captions.name)


def split(keys: pd.Series[str], held_out: float, validation: float, seed: int) -> pd.Series[str]:
    """`held_out`, `validation` or `train` for each caption, by shares of the distinct ones.

    A caption that is held out stays so whatever share is kept for validation.
    """
    numbers, distinct = pd.factorize(keys)
    draws = np.array([_uniform(key, seed) for key in distinct])
    ends = [held_out, held_out + validation]
    names = np.array(["held_out", "validation", "train"])
    return pd.Series(names[np.searchsorted(ends, draws, side="right")][numbers], index=keys.index)


def of_benchmark(
    ids: pd.Series[str], keys: pd.Series[str], benchmark: Benchmark
) -> pd.Series[bool]:
    """Whether each product belongs to a benchmark: by its caption, its id, or a caption of its ids.

    The last keeps a caption together when the catalogue spells it otherwise than the benchmark.
    """
    benchmark_keys = caption_keys(pd.Series(benchmark.captions, dtype="str"))
    matches = keys.isin(benchmark_keys) | ids.isin(benchmark.ids)
    belongs = keys.isin(keys[matches])
    logger.log(
        logging.INFO if belongs.any() else logging.WARNING,
        "the benchmark keeps %d of %d products out of training",
        belongs.sum(),
        len(keys),
    )
    return belongs


def _uniform(key: str, seed: int) -> float:
    """A number in [0, 1) that depends on the caption and the seed alone."""
    digest = hashlib.blake2b(key.encode(), digest_size=8, salt=seed.to_bytes(8, "big", signed=True))
    return int.from_bytes(digest.digest(), "big") / 2**64
