"""Exact and approximate search side by side, over synthetic clustered vectors."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from shopclip.search.index.protocol import IndexSettings, VectorIndex, kind_of

DIMENSIONS = 128
QUERIES = 500
NOISE = 1.0  # length of what is added to a centre, whose length is 1


def clustered(count: int, seed: int = 0) -> np.ndarray:
    """L2-normalised float32 (count, 128) around a centre for every 250 of them."""
    generator = np.random.default_rng(seed)
    centres = _unit(np.random.default_rng(99).standard_normal((4000, DIMENSIONS), np.float32))
    vectors = np.empty((count, DIMENSIONS), np.float32)
    for start in range(0, count, 100_000):
        part = vectors[start : start + 100_000]
        noise = _unit(generator.standard_normal(part.shape, np.float32)) * NOISE
        part[:] = _unit(centres[generator.integers(0, len(centres), len(part))] + noise)
    return vectors


def compare(count: int, threads: int) -> dict[str, Any]:
    """Recall@10 and latency of one query at a time, both indexes memory-mapped from files."""
    faiss.omp_set_num_threads(threads)
    vectors, queries = clustered(count), clustered(QUERIES, seed=1)
    settings = IndexSettings(kind="approximate")
    results: dict[str, Any] = {"vectors": count, "threads_of_build": threads}
    with tempfile.TemporaryDirectory() as folder:
        truth = None
        for kind in ("exact", "approximate"):
            started = time.perf_counter()
            kind_of(kind).build_in(Path(folder), kind, vectors, settings)
            seconds = time.perf_counter() - started
            facts = {"dimensions": vectors.shape[1], "ef_search": settings.ef_search}
            index = kind_of(kind).open_in(Path(folder), kind, len(vectors), facts)
            faiss.omp_set_num_threads(1)
            found, latency = _ask(index, queries)
            faiss.omp_set_num_threads(threads)
            truth = found if truth is None else truth
            recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, truth, strict=True)])
            results[kind] = {
                "recall_at_10": round(float(recall), 4),
                "p50_ms": round(float(np.percentile(latency, 50)), 2),
                "p95_ms": round(float(np.percentile(latency, 95)), 2),
                "build_seconds": round(seconds, 1),
                "file_mib": Path(folder, f"{kind}.faiss").stat().st_size >> 20,
            }
    return results


def _ask(index: VectorIndex, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found, times = [], []
    index.search(queries[:20], 10)  # pages of the file that everything needs
    for query in queries:
        started = time.perf_counter()
        found.append(index.search(query[None], 10)[1][0])
        times.append((time.perf_counter() - started) * 1000)
    return np.array(found), np.array(times)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
