"""Arrays that another process can map for itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def file_of(array: np.ndarray) -> Path | None:
    """The .npy file of which this is the whole; None for any other array, a view included."""
    if not isinstance(array, np.memmap) or array.filename is None:
        return None
    file = Path(array.filename).absolute()
    whole = np.load(file, mmap_mode="r", allow_pickle=False)
    same = whole.shape == array.shape and whole.dtype == array.dtype
    return file if same and array.flags.c_contiguous else None
