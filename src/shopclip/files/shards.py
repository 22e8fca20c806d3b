"""Rows of an array in several files, written as they come and read as they are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from shopclip.files.atomic import atomic_folder

FACTS = "shards.json"


class Shards:
    """What numpy needs to take it for an array, without ever being one in memory.

    Rows are copied when they are asked for: `shards[10:20]`, `shards[[3, 1]]`, `shards[mask]`.
    """

    def __init__(self, parts: Sequence[np.ndarray]) -> None:
        self.parts = parts
        self.starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
        self.shape = (int(self.starts[-1]), *parts[0].shape[1:])
        self.dtype, self.ndim = parts[0].dtype, parts[0].ndim

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> np.ndarray:
        if isinstance(rows, slice):
            rows = np.arange(len(self))[rows]
        rows = np.asarray(rows)
        if rows.dtype == bool:
            if rows.shape != (len(self),):
                raise IndexError(f"a mask of {rows.shape} for {len(self)} rows")
            rows = rows.nonzero()[0]
        if ((rows < -len(self)) | (rows >= len(self))).any():
            raise IndexError(f"a row out of bounds for {len(self)} of them")
        rows = np.where(rows < 0, rows + len(self), rows)
        rows_read = np.empty((*rows.shape, *self.shape[1:]), self.dtype)
        homes = np.searchsorted(self.starts, rows, side="right") - 1
        for home in np.unique(homes):
            here = homes == home
            rows_read[here] = self.parts[home][rows[here] - self.starts[home]]
        return rows_read

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.concatenate(self.parts).astype(dtype or self.dtype, copy=False)


def write_shards(folder: Path, batches: Iterable[np.ndarray], *, rows: int) -> None:
    """Replace the folder by these batches in files of `rows` rows, of which one is in memory.

    Args:
        batches: arrays (any, …) of one dtype and shape of a row, at least one.
    """
    with atomic_folder(folder) as draft:
        counts = []
        for number, shard in enumerate(_regrouped(batches, rows)):
            np.save(draft / _name(number), shard, allow_pickle=False)
            counts.append(len(shard))
        (draft / FACTS).write_text(json.dumps({"rows": counts}) + "\n", "utf-8")


def read_shards(folder: Path) -> np.ndarray | Shards:
    """All of them, memory-mapped; an array where it is a single one.

    Raises:
        OSError, ValueError: the folder, or a shard, is missing or damaged.
    """
    counts = json.loads((folder / FACTS).read_text("utf-8"))["rows"]
    files = [folder / _name(number) for number in range(len(counts))]
    parts = [np.load(file, mmap_mode="r", allow_pickle=False) for file in files]
    if [len(part) for part in parts] != counts:
        raise ValueError(f"a shard has another number of rows than {FACTS} says")
    return parts[0] if len(parts) == 1 else Shards(parts)


def _name(number: int) -> str:
    return f"{number:06d}.npy"


def _regrouped(batches: Iterable[np.ndarray], rows: int) -> Iterator[np.ndarray]:
    waiting: list[np.ndarray] = []
    count = 0
    for batch in batches:
        while count + len(batch) > rows:
            cut = rows - count
            yield np.concatenate([*waiting, batch[:cut]])
            waiting, count, batch = [], 0, batch[cut:]
        waiting.append(batch)
        count += len(batch)
    yield np.concatenate(waiting)
