"""Scores of a pair on a public text → image benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shopclip.metrics.retrieval import measure
from shopclip.tables.ground_truth import Benchmark, BenchmarkError, rank_relevant


@dataclass(frozen=True)
class BenchmarkScores:
    """Text → image, as the benchmark's authors compute it; shares from 0 to 1.

    Attributes:
        queries: captions with at least one right answer in the gallery; the others are left out.
        recall_at_1, recall_at_10: mean over queries of the share of right answers so high up.
        mrr_at_10: mean of one over the rank of the first right answer, 0 beyond the tenth.
    """

    queries: int
    gallery: int
    recall_at_1: float
    recall_at_10: float
    mrr_at_10: float


def score_benchmark(
    benchmark: Benchmark, captions: np.ndarray, images: np.ndarray, ids: Sequence[str]
) -> BenchmarkScores:
    """Rank a gallery of images for every caption of the benchmark.

    Args:
        captions: float (captions of the benchmark, embed_dim), L2-normalised, in its order.
        images: float (gallery, embed_dim), L2-normalised.
        ids: the product of each image.

    Raises:
        BenchmarkError: no product of the benchmark is in the gallery.
    """
    positions = {id_: position for position, id_ in enumerate(ids)}
    relevant = [
        np.array([positions[id_] for id_ in answers if id_ in positions], dtype=np.int64)
        for answers in benchmark.relevant.values()
    ]
    queries = [number for number, answers in enumerate(relevant) if len(answers)]
    if not queries:
        raise BenchmarkError("no product of the benchmark is in the gallery")
    scores = measure(rank_relevant(captions[queries], images, [relevant[one] for one in queries]))
    means = (float(scores[name].mean()) for name in ("recall_at_1", "recall_at_10", "mrr_at_10"))
    return BenchmarkScores(len(queries), len(images), *means)
