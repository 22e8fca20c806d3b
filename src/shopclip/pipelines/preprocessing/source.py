"""What the images of a run are made from, told without reading them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from stat import S_ISREG
from typing import Any

import pandas as pd

from shopclip.dualencoder.image_store import FORMAT

ABSENT = b"absent"


def image_source(
    root: Path, columns: Mapping[Any, str], products: pd.DataFrame, size: tuple[int, int]
) -> str | None:
    """A fingerprint of the products' ids and image references, of the files behind them by size
    and time of change, and of the size and format that they are stored in.

    Args:
        root: folder or file of the catalogue, which the references start from.
        columns: what the catalogue calls its columns: another image column is another source.
        products: the columns `id` and `image`.
        size: stored height and width in pixels.

    Returns:
        SHA-256, hexadecimal; None when no reference leads to a file, because nobody can then tell
        whether the images have changed.
    """
    digest = hashlib.sha256(json.dumps([FORMAT, *size, sorted(columns.items())]).encode())
    folder = root if root.is_dir() else root.parent
    previous = None
    found = False
    for id_, reference in zip(products["id"], products["image"], strict=True):
        digest.update(json.dumps([id_, reference]).encode())
        file = reference.rpartition("#")[0]  # many rows of a parquet file are one file
        if file and file == previous:
            continue
        state = _state(folder / file) if file else ABSENT
        previous = file if state != ABSENT else None
        if state == ABSENT:
            state = _state(folder / reference)
        found |= state != ABSENT
        digest.update(state)
    return digest.hexdigest() if found else None


def _state(file: Path) -> bytes:
    try:
        state = file.stat()
    except OSError:
        return ABSENT
    return b"%d %d" % (state.st_size, state.st_mtime_ns) if S_ISREG(state.st_mode) else ABSENT
