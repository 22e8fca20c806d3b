"""The two towers as a search needs them, whatever computes them."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np

from shopclip.files.integrity import other_format
from shopclip.search.errors import QueryError, SearchError
from shopclip.search.locations import EXPORTED, Location

FORMAT = 1
_EXPORT = "python -m shopclip.search export --to FOLDER"


class OnnxTowers:
    """`text.onnx` and `image.onnx` of a folder that `export` wrote.

    Args:
        folder: of the export.
        threads: that compute one query.
    """

    def __init__(self, folder: str | Path, *, threads: int = 1) -> None:
        folder = Path(folder)
        try:
            from onnxruntime import InferenceSession, SessionOptions
            from tokenizers import Tokenizer
        except ModuleNotFoundError as error:
            raise SearchError(
                f"{folder}: an export needs {error.name}, which is not installed: "
                "pip install onnxruntime tokenizers"
            ) from error
        options = SessionOptions()
        options.intra_op_num_threads = threads
        providers = ["CPUExecutionProvider"]
        try:
            facts = json.loads((folder / EXPORTED).read_text("utf-8"))
            what, again = f"{folder}: an export", f"export the pair again: {_EXPORT}"
            if problem := other_format(what, facts["format"], FORMAT, again):
                raise SearchError(problem)
            self.max_tokens = int(facts["text"]["max_tokens"])
            self.pad = int(facts["text"]["pad"])
            self.size = tuple(facts["image"]["size"])
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._text = InferenceSession(folder / "text.onnx", options, providers=providers)
            self._image = InferenceSession(folder / "image.onnx", options, providers=providers)
        except SearchError:
            raise
        except Exception as error:  # onnxruntime and tokenizers raise kinds of their own
            raise SearchError(
                f"{folder}: not a whole export ({str(error)[:200]}); export the pair again: "
                f"{_EXPORT}"
            ) from error
        self._tokenizer.enable_truncation(self.max_tokens)
        self._tokenizer.no_padding()

    def tokenise(self, captions: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """`input_ids` and `attention_mask`, int64 (captions, longest), padded on the right.

        A caption without any token becomes one padding token.
        """
        encoded = [one.ids or [self.pad] for one in self._tokenizer.encode_batch(list(captions))]
        longest = max(map(len, encoded), default=1)
        ids = np.full((len(encoded), longest), self.pad, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(encoded):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        return ids, mask

    def embed_captions(self, captions: Sequence[str]) -> np.ndarray:
        ids, mask = self.tokenise(captions)
        return self._text.run(None, {"input_ids": ids, "attention_mask": mask})[0]

    def embed_images(self, images: np.ndarray) -> np.ndarray:
        """uint8 (n, height, width, 3) of the catalogue's stored size → float32 (n, dimensions).

        Resizing and normalisation are in the graph.

        Raises:
            QueryError: the pictures are of another size.
        """
        if images.shape[1:] != (*self.size, 3):
            raise QueryError(f"pictures of {images.shape[1:]}, expected {(*self.size, 3)}")
        return self._image.run(None, {"pixels": np.ascontiguousarray(images)})[0]


class Towers(Protocol):
    """May be asked by several threads at once."""

    def embed_captions(self, captions: Sequence[str]) -> np.ndarray:
        """n captions → L2-normalised float32 (n, dimensions)."""
        ...

    def embed_images(self, images: np.ndarray) -> np.ndarray:
        """uint8 (n, height, width, 3) → L2-normalised float32 (n, dimensions)."""
        ...


class TorchTowers:
    """The trained dual encoder itself, or an ensemble of several.

    Its tokenizer cannot be used by two threads at once, so one thread embeds for all that wait.
    Eight texts cost little more than one: most of a small tower's time is torch's, not arithmetic.
    """

    def __init__(self, folder: Path) -> None:
        from shopclip.dualencoder import load_model

        self.model = load_model(folder).eval()
        self._lock = Lock()
        self._looking = Lock()  # one picture at a time, and no text waits for it
        self._waiting: deque[_Request] = deque()

    def embed_captions(self, captions: Sequence[str]) -> np.ndarray:
        request = _Request(captions)
        self._waiting.append(request)
        with self._lock:
            if request.answer is None and request.error is None:
                self._answer([self._waiting.popleft() for _ in range(len(self._waiting))])
        if request.error is not None:
            raise request.error
        assert request.answer is not None
        return request.answer

    def embed_images(self, images: np.ndarray) -> np.ndarray:
        with self._looking:
            return self.model.embed_images(images)

    def _answer(self, together: Sequence[_Request]) -> None:
        try:
            embeddings = self.model.embed_captions(
                [text for one in together for text in one.captions]
            )
        except Exception as error:  # each of them has to hear of it, in its own thread
            for one in together:
                one.error = error
            return
        for one in together:
            one.answer, embeddings = (
                embeddings[: len(one.captions)],
                embeddings[len(one.captions) :],
            )


@dataclass
class _Request:
    """Captions that a thread waits for."""

    captions: Sequence[str]
    answer: np.ndarray | None = None
    error: Exception | None = None


def open_towers(place: Location) -> Towers:
    """Those of an export without torch, the trained ones with it."""
    if place.is_export:
        return OnnxTowers(place.towers)
    return TorchTowers(place.towers)
