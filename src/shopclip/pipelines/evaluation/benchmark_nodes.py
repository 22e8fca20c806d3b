"""The node that holds a pair to the public benchmark."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from shopclip.benchmark import TEXT_IMAGE, Benchmark, BenchmarkError
from shopclip.contamination import seen
from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.evaluation.benchmark_tasks import COLUMNS, benchmark_tasks, score_task
from shopclip.pipelines.evaluation.protocols import protocols
from shopclip.scoring import HELD_OUT, PAPER

GALLERIES = {PAPER: "all products", HELD_OUT: "held out alone"}


class ContaminatedError(BenchmarkError):
    """The pair was trained with what it is to be tested on."""


def score_benchmark(
    image_embeddings: np.ndarray,
    query_embeddings: np.ndarray,
    queries: pd.DataFrame,
    examples: pd.DataFrame,
    trained_captions: pd.DataFrame,
    parameters: EvaluationParameters,
    *,
    pair: str,
) -> pd.DataFrame:
    """A row a task and gallery (`COLUMNS`), shares from 0 to 1; none where none is configured.

    `queries_seen` and `contaminated` tell of the queries that the pair was trained with. A right
    answer counts as seen where its caption was trained with, or where it is in a training split.

    Raises:
        BenchmarkError: the file of `evaluation.benchmark` is missing or of another kind.
        QueriesError: the queries were collected for another benchmark.
        ContaminatedError: `evaluation.contamination` is `refuse`, and queries were seen.
    """
    if parameters.benchmark is None:
        return pd.DataFrame(columns=COLUMNS)
    truth = Benchmark.read(Path(parameters.benchmark), parameter="evaluation.benchmark")
    tasks = benchmark_tasks(truth, queries, examples, seen(queries["text"], trained_captions))
    products_seen = _trained_on(examples, trained_captions)
    table = pd.DataFrame(
        [
            score_task(task, members, image_embeddings, query_embeddings, products_seen)
            | {"gallery_name": GALLERIES[protocol]}
            for protocol, members in protocols(examples).items()
            for task in tasks
        ],
        columns=COLUMNS,
    )
    if parameters.contamination == "refuse":
        _refuse(table, pair, parameters.benchmark)
    return table


def _trained_on(examples: pd.DataFrame, trained_captions: pd.DataFrame) -> np.ndarray:
    """Whether the pair was trained with each product, bool (examples,)."""
    if trained_captions.empty:
        return np.zeros(len(examples), dtype=bool)
    in_training = (examples["split"] != "held_out").to_numpy()
    return in_training | seen(examples["caption"], trained_captions)


def _refuse(table: pd.DataFrame, pair: str, benchmark: str) -> None:
    """Attributes are no reason to: whoever trained at all has seen products of every category."""
    captions = table[table["task"] == TEXT_IMAGE].sort_values("queries_seen")
    if (worst := captions.iloc[-1])["contaminated"]:
        raise ContaminatedError(
            f"evaluation.benchmark: {pair} was trained with {worst['queries_seen']:,} of the "
            f"{worst['queries']:,} queries of {benchmark}, so its scores would tell what it knows "
            "by heart. Keep them out of training with splits.benchmark, the same file, and train "
            "again; or set evaluation.contamination to mark, which scores and marks it"
        )
