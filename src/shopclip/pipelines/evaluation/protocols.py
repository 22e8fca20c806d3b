"""Which products a pair is judged on."""

from __future__ import annotations

import numpy as np
import pandas as pd


def protocols(examples: pd.DataFrame) -> dict[str, np.ndarray]:
    """Positions of the examples that are queries and gallery, by protocol.

    `paper` takes all products, those trained on included; `held_out` those whose captions were
    kept out of training, and is absent when fewer than two were.
    """
    kept_out = np.flatnonzero(examples["split"] == "held_out")
    found = {"paper": np.arange(len(examples))}
    return {**found, "held_out": kept_out} if len(kept_out) >= 2 else found
