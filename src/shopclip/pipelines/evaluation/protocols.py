"""Which products a pair is judged on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shopclip.scoring import HELD_OUT, PAPER, headline_protocol


def protocols(examples: pd.DataFrame) -> dict[str, np.ndarray]:
    """Positions of the examples that are queries and gallery, by protocol.

    `paper` takes all products, those trained on included; `held_out` those whose captions were
    kept out of training, and is absent when fewer than two were.
    """
    kept_out = np.flatnonzero(examples["split"] == "held_out")
    found = {PAPER: np.arange(len(examples))}
    return {**found, HELD_OUT: kept_out} if len(kept_out) >= 2 else found


def headline(examples: pd.DataFrame) -> tuple[str, np.ndarray]:
    """The protocol that counts most, with its members: `held_out` where there is one."""
    found = protocols(examples)
    protocol = headline_protocol(found)
    return protocol, found[protocol]


def evenly_chosen(count: int, most: int) -> np.ndarray:
    """At most `most` positions out of `count`, evenly spaced, the first and the last included."""
    return np.unique(np.linspace(0, count - 1, most).astype(int))
