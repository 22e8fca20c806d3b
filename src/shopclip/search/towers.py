"""The two towers as a search needs them, whatever computes them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np

from shopclip.search.places import Place


class Towers(Protocol):
    """May be asked by several threads at once."""

    def embed_captions(self, captions: Sequence[str]) -> np.ndarray:
        """n captions → L2-normalised float32 (n, dimensions)."""
        ...

    def embed_images(self, images: np.ndarray) -> np.ndarray:
        """uint8 (n, height, width, 3) → L2-normalised float32 (n, dimensions)."""
        ...


class TorchTowers:
    """The trained dual encoder itself.

    Its tokenizer cannot be used by two threads at once, so one thread embeds for all that wait.
    Eight texts cost little more than one: most of a small tower's time is torch's, not arithmetic.
    """

    def __init__(self, folder: Path) -> None:
        from shopclip.dualencoder import DualEncoder

        self.model = DualEncoder.load(folder).eval()
        self._lock = Lock()
        self._looking = Lock()  # one picture at a time, and no text waits for it
        self._waiting: deque[_Asked] = deque()

    def embed_captions(self, captions: Sequence[str]) -> np.ndarray:
        asked = _Asked(captions)
        self._waiting.append(asked)
        with self._lock:
            if asked.answer is None and asked.error is None:
                self._answer([self._waiting.popleft() for _ in range(len(self._waiting))])
        if asked.error is not None:
            raise asked.error
        assert asked.answer is not None
        return asked.answer

    def embed_images(self, images: np.ndarray) -> np.ndarray:
        with self._looking:
            return self.model.embed_images(images)

    def _answer(self, together: Sequence[_Asked]) -> None:
        try:
            found = self.model.embed_captions([text for one in together for text in one.captions])
        except Exception as error:  # each of them has to hear of it, in its own thread
            for one in together:
                one.error = error
            return
        for one in together:
            one.answer, found = found[: len(one.captions)], found[len(one.captions) :]


@dataclass
class _Asked:
    """Captions that a thread waits for."""

    captions: Sequence[str]
    answer: np.ndarray | None = None
    error: Exception | None = None


def open_towers(place: Place) -> Towers:
    """Those of an export without torch, the trained ones with it."""
    if place.is_export:
        from shopclip.search.onnx_towers import OnnxTowers

        return OnnxTowers(place.towers)
    return TorchTowers(place.towers)
