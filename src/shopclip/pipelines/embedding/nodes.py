"""Nodes that embed every example and query, in the order of their tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from shopclip.benchmark import Benchmark
from shopclip.dualencoder.image_store import ImageStore
from shopclip.parameters import EvaluationParameters, TrainingParameters
from shopclip.queries import collect

if TYPE_CHECKING:
    from shopclip.dualencoder import DualEncoder
else:
    DualEncoder = Any  # Kedro resolves annotations when it starts, which must not load torch


def collect_queries(examples: pd.DataFrame, parameters: EvaluationParameters) -> pd.DataFrame:
    """A row a text that all pairs are judged by: `task`, `label`, `text`.

    Raises:
        BenchmarkError: the file of `evaluation.benchmark` is missing or of another kind.
    """
    if parameters.benchmark is None:
        return collect(examples, parameters.zero_shot)
    file = Path(parameters.benchmark)
    truth = Benchmark.read(file, parameter="evaluation.benchmark")
    return collect(examples, parameters.zero_shot, truth)


def embed_images(
    dual_encoder: DualEncoder,
    examples: pd.DataFrame,
    image_store: ImageStore,
    parameters: TrainingParameters,
) -> np.ndarray:
    """L2-normalised float32 (examples, dimensions)."""
    from shopclip.dualencoder import choose_device

    model = dual_encoder.to(choose_device(parameters.device))
    return model.embed_images(image_store.images, examples["row"].to_numpy())


def embed_texts(
    dual_encoder: DualEncoder, examples: pd.DataFrame, parameters: TrainingParameters
) -> np.ndarray:
    """L2-normalised float32 (examples, dimensions); a repeated caption is embedded once."""
    captions = examples["caption"].groupby(examples["caption_id"]).transform("first")
    return _embed_distinct(dual_encoder, captions, parameters)


def embed_queries(
    dual_encoder: DualEncoder, queries: pd.DataFrame, parameters: TrainingParameters
) -> np.ndarray:
    """L2-normalised float32 (queries, dimensions); a repeated text is embedded once."""
    return _embed_distinct(dual_encoder, queries["text"], parameters)


def _embed_distinct(
    dual_encoder: DualEncoder, texts: pd.Series[str], parameters: TrainingParameters
) -> np.ndarray:
    from shopclip.dualencoder import choose_device

    rows, distinct = pd.factorize(texts)
    model = dual_encoder.to(choose_device(parameters.device))
    return model.embed_captions(list(distinct))[rows]
