"""What a frozen encoder says of everything, computed once and memory-mapped."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from shopclip.dualencoder import fingerprint
from shopclip.dualencoder.devices import Precision
from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.tokenization import Tokens
from shopclip.dualencoder.towers import ImageTower, TextTower
from shopclip.files.atomic import atomic_file

logger = logging.getLogger(__name__)

BATCH = 256


def image_features(
    tower: ImageTower, examples: Examples, precision: Precision, folder: Path | None
) -> np.ndarray:
    """float32 (examples, width) of the pictures as they are, without augmentation."""
    device = next(tower.parameters()).device
    key = fingerprint.of(
        *_encoder(tower, precision),
        tower.preprocessing.to_dict(),
        examples.images_fingerprint or fingerprint.of(examples.images),
        examples.rows,
    )
    batches = (
        np.arange(start, min(start + BATCH, len(examples)))
        for start in range(0, len(examples), BATCH)
    )
    parts = (
        tower.features(torch.from_numpy(examples.pixels(batch)).to(device)) for batch in batches
    )
    return cached(f"image_{key}", len(examples), parts, precision, folder)


def text_features(
    tower: TextTower, tokens: Tokens, precision: Precision, folder: Path | None
) -> np.ndarray:
    """float32 (captions, width)."""
    device = next(tower.parameters()).device
    head = tower.origin.head and asdict(tower.origin.head)
    key = fingerprint.of(*_encoder(tower, precision), head, tokens.ids, tokens.lengths)
    batches = torch.arange(len(tokens.ids)).split(BATCH)
    parts = (tower.features(*tokens.batch(batch, device)) for batch in batches)
    return cached(f"text_{key}", len(tokens.ids), parts, precision, folder)


def _encoder(tower: ImageTower | TextTower, precision: Precision) -> tuple[Any, ...]:
    config = dict(tower.origin.config)
    return fingerprint.of_weights(tower.encoder), config, tower.pooling, precision.name


def cached(
    name: str, count: int, parts: Iterator[Tensor], precision: Precision, folder: Path | None
) -> np.ndarray:
    """float32 (count, width) from `folder`, or computed and left there; without one, in memory.

    Args:
        parts: the features a batch at a time, computed as they are asked for.
    """
    if folder is None:
        return np.concatenate(list(_computed(parts, count, precision)))
    file = folder / f"{name}.npy"
    if (features := _read(file, count)) is not None:
        logger.info("features of %d %ss: taken from the cache", count, name.split("_")[0])
        return features
    computed = _computed(parts, count, precision)
    first = next(computed)
    with atomic_file(file) as draft:
        # Not by a memory map: where a disk is full, that kills the process without a word.
        header = {"descr": "<f4", "fortran_order": False, "shape": (count, first.shape[1])}
        with draft.open("wb") as array:
            np.lib.format.write_array_header_1_0(array, header)
            for part in chain([first], computed):
                array.write(np.ascontiguousarray(part, "<f4").data)
    return np.load(file, mmap_mode="r")


def _read(file: Path, count: int) -> np.ndarray | None:
    try:
        array = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):  # none there, or one that is not whole
        return None
    return array if array.ndim == 2 and len(array) == count else None


def _computed(parts: Iterator[Tensor], count: int, precision: Precision) -> Iterator[np.ndarray]:
    total = -(-count // BATCH)
    with tqdm(total=total, desc="features of a frozen encoder", unit="batch", delay=5) as bar:
        while True:
            with torch.inference_mode(), precision.autocast():
                part = next(parts, None)
            if part is None:
                return
            bar.update()
            yield part.float().cpu().numpy()
