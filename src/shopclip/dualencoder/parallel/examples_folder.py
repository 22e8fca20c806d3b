"""Examples in a folder, for workers that map the same memory."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from shopclip.dualencoder.examples import Examples


def file_of(array: np.ndarray) -> Path | None:
    """The .npy file of which this is the whole; None for any other array, a view included."""
    if not isinstance(array, np.memmap) or array.filename is None:
        return None
    file = Path(array.filename).absolute()
    whole = np.load(file, mmap_mode="r", allow_pickle=False)
    same = whole.shape == array.shape and whole.dtype == array.dtype
    return file if same and array.flags.c_contiguous else None


ARRAYS = ("rows", "caption_ids", "variants", "labels", "teacher_images", "teacher_texts")


def write(examples: Examples, folder: Path) -> None:
    """Write all but pictures that are mapped from a file, which are named."""
    folder.mkdir()
    file = file_of(examples.images)
    if file is None:
        file = folder / "images.npy"
        np.save(file, examples.images, allow_pickle=False)
    for name in ARRAYS:
        if (array := getattr(examples, name)) is not None:
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
    facts = {
        "images": str(file),
        "captions": examples.captions,
        "images_fingerprint": examples.images_fingerprint,
    }
    (folder / "examples.json").write_text(json.dumps(facts))


def read(folder: Path) -> Examples:
    """The examples that `write` wrote, their pictures memory-mapped."""
    facts = json.loads((folder / "examples.json").read_text())
    files = {name: folder / f"{name}.npy" for name in ARRAYS}
    return Examples(
        images=np.load(facts["images"], mmap_mode="r", allow_pickle=False),
        captions=tuple(facts["captions"]),
        images_fingerprint=facts["images_fingerprint"],
        **{
            name: np.load(file, allow_pickle=False)
            for name, file in files.items()
            if file.is_file()
        },
    )
