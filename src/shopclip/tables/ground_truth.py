"""A public text → image benchmark of a catalogue: its ground truth, and what a pair scores.

Equal similarities have no order: every score is its mean over all orders of them, so that a tower
which says the same of everything scores chance and no more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shopclip.errors import ShopclipError
from shopclip.metrics.ranks import TIE
from shopclip.metrics.retrieval import TieGroups, measure

TEXT_IMAGE = "text-image"  # its queries are captions; those of the others the values of attributes
ATTRIBUTE_TASKS = ("masterCategory", "subCategory", "articleType", "baseColour", "season", "usage")
CHUNK = 64  # queries ranked at a time; memory is CHUNK × gallery floats
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
    def read(cls, path: Path, *, parameter: str = "splits.benchmark") -> Benchmark:
        """Read the file that marqo-FashionCLIP publishes, `ground_truth_text-image.json`.

        Args:
            parameter: which names the file, for errors.

        Raises:
            BenchmarkError: the file is missing, or is not such a ground truth.
        """
        try:
            truth = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BenchmarkError(
                f"{parameter}: {path} cannot be read ({error}); {EXPECTED}"
            ) from error
        except RecursionError as error:
            raise BenchmarkError(f"{parameter}: {path} is too deep; {EXPECTED}") from error
        if not isinstance(truth, dict) or not truth:
            kind = f"a {type(truth).__name__} of no caption"
            raise BenchmarkError(f"{parameter}: {path} holds {kind}; {EXPECTED}")
        for caption, ids in truth.items():
            if not caption.strip() or not isinstance(ids, dict) or not ids:
                raise BenchmarkError(
                    f"{parameter}: {path} has {json.dumps(ids)[:80]} for the caption "
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
    relevant = [
        np.array([places[id_] for id_ in wanted if id_ in places], dtype=np.int64)
        for wanted in benchmark.relevant.values()
    ]
    asked = [number for number, answers in enumerate(relevant) if len(answers)]
    if not asked:
        raise BenchmarkError("no product of the benchmark is in the gallery")
    found = measure(rank_relevant(captions[asked], images, [relevant[query] for query in asked]))
    scores = (float(found[name].mean()) for name in ("recall_at_1", "recall_at_10", "mrr_at_10"))
    return BenchmarkScores(len(asked), len(images), *scores)


def rank_relevant(
    queries: np.ndarray, gallery: np.ndarray, relevant: Sequence[np.ndarray]
) -> TieGroups:
    """Where the right answers of each query stand in the gallery.

    Args:
        queries: float (queries, dimensions), L2-normalised.
        gallery: float (items, dimensions), L2-normalised.
        relevant: of each query the positions of its right answers, integer (answers,), at least 1.
    """
    better, tied = [], []
    for start in range(0, len(queries), CHUNK):
        for number, row in enumerate(queries[start : start + CHUNK] @ gallery.T, start):
            own = row[relevant[number]]
            row.sort()
            above = len(row) - np.searchsorted(row, own + row.dtype.type(TIE), side="right")
            not_below = len(row) - np.searchsorted(row, own - row.dtype.type(TIE), side="left")
            better.append(above)
            tied.append(not_below - above)
    counts = [len(answers) for answers in relevant]
    query = np.repeat(np.arange(len(queries)), counts)
    return TieGroups.collect(query, np.concatenate(better), np.concatenate(tied))


def rank_by_chance(gallery: int, relevant: Sequence[np.ndarray]) -> TieGroups:
    """The same of towers for which everything ties."""
    queries = np.arange(len(relevant))
    right = np.array([len(answers) for answers in relevant], dtype=np.int64)
    return TieGroups(queries, np.zeros_like(queries), np.full_like(queries, gallery), right)
