"""Seconds and memory to score retrieval: our ranks beside the retrieval metrics of torchmetrics.

    python benchmarks/evaluation.py

Random embeddings of `--products` 128-d products are ranked in both directions and scored with one
right answer and with all products of a caption as right answers; a second pass measures memory.
Then `--peer` products are scored by us, all of that, and by torchmetrics, which gets every query
with every item of the gallery: two metrics, text → image. Both must find the same; the best of
`--repeats` counts.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torchmetrics.retrieval import RetrievalMRR, RetrievalRecall

from shopclip.metrics.ranks import rank, rank_both
from shopclip.metrics.retrieval import measure
from shopclip.pipelines.evaluation.protocols import (
    captions_of_images,
    images_of_captions,
    own_answers,
)

RESULTS = Path(__file__).parent / "results" / "evaluation.json"
DIMENSIONS = 128


def products(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Image and text embeddings and captions; of four products two share a caption."""
    generator = np.random.default_rng(0)
    captions = np.arange(count) - (np.arange(count) % 4 == 1)
    texts = generator.standard_normal((count, DIMENSIONS), dtype=np.float32)[captions]
    images = texts + 3 * generator.standard_normal((count, DIMENSIONS), dtype=np.float32)
    return unit(images), unit(texts), captions


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def ours(
    images: np.ndarray, texts: np.ndarray, captions: np.ndarray
) -> dict[str, dict[str, np.ndarray]]:
    """Every metric of every query, by direction and kind of right answers, as evaluation does."""
    to_text, to_image = (
        pd.DataFrame({**vars(ranks), "caption_id": captions}) for ranks in rank_both(images, texts)
    )
    _, first, own = np.unique(captions, return_index=True, return_inverse=True)
    among = pd.DataFrame({**vars(rank(images, texts[first], own)), "caption_id": captions})
    asked = {
        "image → text, own": own_answers(to_text),
        "text → image, own": own_answers(to_image),
        "image → text, same caption": captions_of_images(among.assign(gallery=len(first))),
        "text → image, same caption": images_of_captions(to_image),
    }
    return {name: measure(queries.groups) for name, queries in asked.items()}


def of_torchmetrics(
    images: np.ndarray, texts: np.ndarray, captions: np.ndarray
) -> dict[str, float]:
    """Text → image, as its documentation shows: one long list of scores and queries."""
    distinct, first = np.unique(captions, return_index=True)
    similarities = torch.from_numpy(texts[first] @ images.T)
    right = torch.from_numpy(captions[None, :] == distinct[:, None])
    query = torch.arange(len(distinct))[:, None].expand_as(right)
    lists = similarities.flatten(), right.flatten()
    found = {}
    for name, metric in (
        ("recall_at_10", RetrievalRecall(top_k=10)),
        ("mrr_at_10", RetrievalMRR(top_k=10)),
    ):
        metric.update(*lists, indexes=query.flatten())
        found[name] = float(metric.compute())
    return found


def seconds(work: Callable[[], object], repeats: int) -> float:
    """The best of so many."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def peak_gib(work: Callable[[], object]) -> float:
    """Most memory that arrays took at once, beyond what was there before."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--products", type=int, default=40_000)
    parser.add_argument("--peer", type=int, default=4_000, help="products that both sides score")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    many, few = products(arguments.products), products(arguments.peer)
    mine, theirs = ours(*few)["text → image, same caption"], of_torchmetrics(*few)
    for name, value in theirs.items():
        if not np.isclose(mine[name].mean(), value, atol=1e-5):
            sys.exit(f"{name}: {mine[name].mean()} is not the {value} of torchmetrics")
    taken = seconds(lambda: ours(*many), arguments.repeats)
    grown = peak_gib(lambda: ours(*many))
    ratio = seconds(lambda: of_torchmetrics(*few), arguments.repeats) / seconds(
        lambda: ours(*few), arguments.repeats
    )
    results = {
        "products": arguments.products,
        "both_directions_seconds": round(taken, 2),
        "peak_gib": round(grown, 3),
        "peer_products": arguments.peer,
        "over_torchmetrics": round(ratio, 1),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    size, peer = f"{arguments.products:,}", f"{arguments.peer:,}"
    print(f"{size} x {size}, both directions, all metrics: {taken:.1f} s, {1024 * grown:.0f} MiB")
    print(f"{peer} x {peer}: {ratio:.1f} times torchmetrics, at the same result")


if __name__ == "__main__":
    main()
