"""Nodes that embed every example and query, in the order of their tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from shopclip.files.image_store import ImageStore
from shopclip.parameters import EngineParameters, EvaluationParameters, TrainingParameters
from shopclip.tables.ground_truth import Benchmark
from shopclip.tables.queries import build_queries

if TYPE_CHECKING:
    from shopclip.dualencoder import DualEncoder, Ensemble
else:  # Kedro resolves annotations when it starts, which must not load torch
    DualEncoder = Ensemble = Any

BATCH = 100_000  # rows of text embeddings at a time


def collect_queries(examples: pd.DataFrame, parameters: EvaluationParameters) -> pd.DataFrame:
    """A row a text that all pairs are judged by: `task`, `label`, `text`.

    Raises:
        BenchmarkError: the file of `evaluation.benchmark` is missing or of another kind.
    """
    if parameters.benchmark is None:
        return build_queries(examples, parameters.zero_shot)
    file = Path(parameters.benchmark)
    truth = Benchmark.read(file, parameter="evaluation.benchmark")
    return build_queries(examples, parameters.zero_shot, truth)


def embed_images(
    dual_encoder: DualEncoder | Ensemble,
    examples: pd.DataFrame,
    image_store: ImageStore,
    parameters: TrainingParameters,
    engine: EngineParameters,
) -> Iterator[np.ndarray]:
    """L2-normalised float32 (any, embed_dim), batches of all examples in their order."""
    from shopclip.dualencoder import choose_device

    rows, device = examples["row"].to_numpy(), choose_device(parameters.device)
    if engine.kind == "ray":
        from shopclip.pipelines.embedding.ray_embedding import stream_images

        return stream_images(
            dual_encoder,
            image_store.images,
            rows,
            device=device,
            count=parameters.workers,
            address=engine.address,
        )
    return dual_encoder.to(device).stream_images(image_store.images, rows)


def embed_texts(
    dual_encoder: DualEncoder | Ensemble,
    examples: pd.DataFrame,
    parameters: TrainingParameters,
    engine: EngineParameters,
) -> Iterator[np.ndarray]:
    """L2-normalised float32 (any, embed_dim), batches of all examples in their order.

    A repeated caption is embedded once.
    """
    captions = examples["caption"].groupby(examples["caption_id"]).transform("first")
    rows, distinct = _embed_distinct(dual_encoder, captions, parameters, engine)
    return (distinct[rows[start : start + BATCH]] for start in range(0, len(rows), BATCH))


def describe_towers(dual_encoder: DualEncoder | Ensemble) -> dict[str, Any]:
    """What the towers are and see: pooling, size, normalization, parameters."""
    from shopclip.dualencoder.tower_facts import tower_facts

    return tower_facts(dual_encoder)


def embed_queries(
    dual_encoder: DualEncoder | Ensemble,
    queries: pd.DataFrame,
    parameters: TrainingParameters,
    engine: EngineParameters,
) -> np.ndarray:
    """L2-normalised float32 (queries, embed_dim); a repeated text is embedded once."""
    rows, distinct = _embed_distinct(dual_encoder, queries["text"], parameters, engine)
    return distinct[rows]


def _embed_distinct(
    dual_encoder: DualEncoder | Ensemble,
    texts: pd.Series[str],
    parameters: TrainingParameters,
    engine: EngineParameters,
) -> tuple[np.ndarray, np.ndarray]:
    """The row of each text among the embeddings of the distinct ones; and these."""
    from shopclip.dualencoder import choose_device

    rows, distinct = pd.factorize(texts)
    # A cluster's device may be none of this machine.
    device = choose_device(parameters.device if engine.kind == "local" else "auto")
    model = dual_encoder.to(device)
    return rows, model.embed_captions(list(distinct))
