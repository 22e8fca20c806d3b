"""What training sees: stored images, and captions by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shopclip.files.image_store import ImageStore


@dataclass(frozen=True)
class Examples:
    """One (image, caption) an example; examples that share a caption share its number.

    Attributes:
        images: uint8 (store rows, height, width, 3), memory-mapped.
        rows: int64 (examples,), each example's row of `images`.
        caption_ids: int64 (examples,), each example's row of `captions`.
        captions: the distinct captions, and any other texts that `variants` names.
        variants: int64 (examples, variants), rows of `captions` of which training draws one an
            example and step; None where the caption is the only one.
        images_fingerprint: a name for the content of `images`, such as that of their store; without
            one it is computed where it is needed.
        labels: int64 (examples, attributes), the number of each attribute's value, from 0, or -1
            where it is not known; None where nothing learns from them.
        teacher_images, teacher_texts: float32 (examples, width) and (captions, width), another
            pair's embeddings, to learn from.
    """

    images: np.ndarray
    rows: np.ndarray
    caption_ids: np.ndarray
    captions: tuple[str, ...]
    variants: np.ndarray | None = None
    images_fingerprint: str = ""
    labels: np.ndarray | None = None
    teacher_images: np.ndarray | None = None
    teacher_texts: np.ndarray | None = None

    @classmethod
    def collect(
        cls, store: ImageStore, rows: np.ndarray, keys: np.ndarray, captions: Sequence[str]
    ) -> Examples:
        """Examples of stored images, captions with equal keys numbered as one, in their order.

        Args:
            rows: integer (examples,), of the store.
            keys: (examples,), what the captions are compared by; the first of equals stands.
            captions: one an example.
        """
        numbers, _ = pd.factorize(keys)
        _, first = np.unique(numbers, return_index=True)
        return cls(
            images=store.images,
            rows=rows.astype(np.int64),
            caption_ids=numbers.astype(np.int64),
            captions=tuple(captions[place] for place in first),
            images_fingerprint=store.fingerprint,
        )

    def __len__(self) -> int:
        return len(self.rows)

    def pixels(self, examples: np.ndarray) -> np.ndarray:
        """uint8 (len(examples), height, width, 3) of these examples, copied to memory."""
        return self.images[self.rows[examples]]
