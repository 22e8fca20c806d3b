"""The ground truth of a public text → image benchmark, and where right answers rank in a gallery.

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
from shopclip.metrics.retrieval import TieGroups

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
        except (OSError, ValueError, RecursionError) as error:
            wrong = (
                "is too deep" if isinstance(error, RecursionError) else f"cannot be read ({error})"
            )
            raise BenchmarkError(f"{parameter}: {path} {wrong}; {EXPECTED}") from error
        if not isinstance(truth, dict) or not truth:
            kind = f"a {type(truth).__name__} of no caption"
            raise BenchmarkError(f"{parameter}: {path} holds {kind}; {EXPECTED}")
        for caption, ids in truth.items():
            if not caption.strip() or not isinstance(ids, dict) or not ids:
                wrong = f"has {json.dumps(ids)[:80]} for the caption {caption[:80]!r}"
                raise BenchmarkError(f"{parameter}: {path} {wrong}; {EXPECTED}")
        return cls({caption: tuple(ids) for caption, ids in truth.items()})


def rank_relevant(
    queries: np.ndarray, gallery: np.ndarray, relevant: Sequence[np.ndarray]
) -> TieGroups:
    """Where the right answers of each query stand in the gallery.

    Args:
        queries: float (queries, embed_dim), L2-normalised.
        gallery: float (items, embed_dim), L2-normalised.
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
