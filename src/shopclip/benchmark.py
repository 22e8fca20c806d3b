"""A public text → image benchmark of a catalogue: its ground truth, and what a pair scores."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shopclip.errors import ShopclipError

EXPECTED = 'expected JSON of the shape {"a caption": {"an id": 1}}'


class BenchmarkError(ShopclipError):
    """A file does not hold the ground truth of a benchmark."""


@dataclass(frozen=True)
class Benchmark:
    """Ground truth of text → image retrieval.

    Attributes:
        relevant: each query caption with the ids of the products that are right answers.
    """

    relevant: dict[str, tuple[str, ...]]

    @property
    def captions(self) -> tuple[str, ...]:
        return tuple(self.relevant)

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(id_ for ids in self.relevant.values() for id_ in ids)

    @classmethod
    def read(cls, path: Path) -> Benchmark:
        """Read the file that marqo-FashionCLIP publishes, `ground_truth_text-image.json`.

        Raises:
            BenchmarkError: the file is missing, or is not such a ground truth.
        """
        try:
            truth = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BenchmarkError(
                f"splits.benchmark: {path} cannot be read ({error}); {EXPECTED}"
            ) from error
        except RecursionError as error:
            raise BenchmarkError(f"splits.benchmark: {path} is too deep; {EXPECTED}") from error
        if not isinstance(truth, dict) or not truth:
            found = f"a {type(truth).__name__} of no caption"
            raise BenchmarkError(f"splits.benchmark: {path} holds {found}; {EXPECTED}")
        for caption, ids in truth.items():
            if not caption.strip() or not isinstance(ids, dict) or not ids:
                raise BenchmarkError(
                    f"splits.benchmark: {path} has {json.dumps(ids)[:80]} for the caption "
                    f"{caption[:80]!r}; {EXPECTED}"
                )
        return cls({caption: tuple(ids) for caption, ids in truth.items()})


@dataclass(frozen=True)
class BenchmarkScores:
    """Text → image, as the benchmark's authors compute it; shares from 0 to 1.

    Attributes:
        queries: captions with at least one right answer in the gallery; the others are left out.
        recall_at_1, recall_at_10: mean over queries of right answers found over right answers.
        mrr_at_10: mean of one over the place of the first right answer, 0 beyond the tenth.
    """

    queries: int
    gallery: int
    recall_at_1: float
    recall_at_10: float
    mrr_at_10: float


def score(
    benchmark: Benchmark, captions: np.ndarray, images: np.ndarray, ids: Sequence[str]
) -> BenchmarkScores:
    """Rank a gallery of images for every caption of the benchmark.

    Args:
        captions: float (captions of the benchmark, dimensions), L2-normalised, in its order.
        images: float (gallery, dimensions), L2-normalised.
        ids: the product of each image.

    Raises:
        BenchmarkError: no product of the benchmark is in the gallery.
    """
    places = {id_: place for place, id_ in enumerate(ids)}
    found = []
    for embedding, wanted in zip(captions, benchmark.relevant.values(), strict=True):
        relevant = [places[id_] for id_ in wanted if id_ in places]
        if relevant:
            # Equal similarities keep the order of the gallery, which knows nothing of the query.
            nearest = np.argsort(-(images @ embedding), kind="stable")[:10]
            found.append(_scores_of(np.isin(nearest, relevant), len(relevant)))
    if not found:
        raise BenchmarkError("no product of the benchmark is in the gallery")
    return BenchmarkScores(len(found), len(images), *map(float, np.mean(found, axis=0)))


def _scores_of(hits: np.ndarray, relevant: int) -> tuple[float, float, float]:
    first = 1 / (hits.argmax() + 1) if hits.any() else 0.0
    return hits[0] / relevant, hits.sum() / relevant, first
