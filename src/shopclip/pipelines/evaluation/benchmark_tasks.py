"""The tasks of the public benchmark: who is asked, what is right, and what a pair scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shopclip.metrics.retrieval import measure
from shopclip.metrics.scoring import HELD_OUT, PAPER
from shopclip.parameters import EvaluationParameters, Pair
from shopclip.pipelines.evaluation.protocols import protocols
from shopclip.tables.contamination import seen
from shopclip.tables.ground_truth import (
    ATTRIBUTE_TASKS,
    TEXT_IMAGE,
    Benchmark,
    BenchmarkError,
    rank_by_chance,
    rank_relevant,
)
from shopclip.tables.queries import queries_of_task, values

METRICS = (
    "precision_at_1",
    "precision_at_10",
    "recall_at_1",
    "recall_at_10",
    "avg_recall",
    "mrr_at_10",
)
CHANCES = tuple(f"chance_{name}" for name in METRICS)
COLUMNS = [
    "task",
    "gallery_name",
    "queries",
    "gallery",
    *METRICS,
    *CHANCES,
    "queries_seen",
    "contaminated",
]


@dataclass(frozen=True)
class Task:
    """One task of the benchmark.

    Attributes:
        rows: int64 (queries,), which query embeddings ask.
        answers: of each query the positions of its right products among the examples; may be
            empty, then it is not asked.
        seen: bool (queries,), whether the pair was trained with the text of the query.
    """

    name: str
    rows: np.ndarray
    answers: list[np.ndarray]
    seen: np.ndarray


def benchmark_tasks(
    truth: Benchmark, queries: pd.DataFrame, examples: pd.DataFrame, texts_seen: np.ndarray
) -> list[Task]:
    """Captions with the right answers of the file, each of six attributes with those of the table.

    Args:
        texts_seen: bool (all queries,), whether the pair was trained with their text.

    Raises:
        QueriesError: `queries` are not those of this benchmark and these examples.
    """
    positions = {id_: place for place, id_ in enumerate(examples["id"])}
    answers = {TEXT_IMAGE: {c: _found(positions, ids) for c, ids in truth.relevant.items()}}
    for attribute in ATTRIBUTE_TASKS:
        labels = values(examples, attribute)
        by_value = labels.groupby(labels).indices
        answers[attribute] = {str(value): np.asarray(right) for value, right in by_value.items()}
    tasks = []
    for name, by_label in answers.items():
        rows_of_task = queries_of_task(queries, name, list(by_label))
        rows = rows_of_task.index.to_numpy()
        right = [by_label[label] for label in rows_of_task["label"]]
        tasks.append(Task(name, rows, right, texts_seen[rows]))
    return tasks


def score_task(
    task: Task,
    gallery: np.ndarray,
    image_embeddings: np.ndarray,
    query_embeddings: np.ndarray,
    products_seen: np.ndarray,
) -> dict[str, Any]:
    """Scores of a task in one gallery, and chance beside them; not a number where nothing is asked.

    A query without a right answer in the gallery is left out, as the benchmark's authors do. One
    counts as seen where the pair was trained with its text or with a right answer in the gallery.

    Args:
        gallery: int64 (gallery,), positions of products among the examples.
        products_seen: bool (examples,), whether the pair was trained with them.
    """
    place = np.full(len(image_embeddings), -1, dtype=np.int64)
    place[gallery] = np.arange(len(gallery))
    inside = [answers[place[answers] >= 0] for answers in task.answers]
    answerable = [number for number, answers in enumerate(inside) if len(answers)]
    counts = {"task": task.name, "queries": len(answerable), "gallery": len(gallery)}
    if not answerable:
        nothing = dict.fromkeys((*METRICS, *CHANCES), np.nan)
        return {**counts, **nothing, "queries_seen": 0, "contaminated": False}
    relevant = [place[inside[number]] for number in answerable]
    ranks = rank_relevant(
        query_embeddings[task.rows[answerable]], image_embeddings[gallery], relevant
    )
    scores, chance = measure(ranks), measure(rank_by_chance(len(gallery), relevant))
    seen = sum(bool(task.seen[n] or products_seen[inside[n]].any()) for n in answerable)
    return {
        **counts,
        **_means(scores),
        **{f"chance_{k}": v for k, v in _means(chance).items()},
        "queries_seen": seen,
        "contaminated": seen > 0,
    }


def _found(positions: dict[str, int], ids: Sequence[str]) -> np.ndarray:
    return np.array([positions[id_] for id_ in ids if id_ in positions], dtype=np.int64)


def _means(scores: dict[str, np.ndarray]) -> dict[str, float]:
    means = {name: float(scores[name].mean()) for name in METRICS if name in scores}
    return {**means, "avg_recall": (means["recall_at_1"] + means["recall_at_10"]) / 2}


GALLERIES = {PAPER: "all products", HELD_OUT: "held out alone"}


class ContaminatedError(BenchmarkError):
    """The pair was trained with what it is to be tested on."""


def score_benchmark(
    image_embeddings: np.ndarray,
    query_embeddings: np.ndarray,
    queries: pd.DataFrame,
    examples: pd.DataFrame,
    trained_captions: pd.DataFrame,
    pair: Pair,
    parameters: EvaluationParameters,
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
        _refuse(table, pair.label, parameters.benchmark)
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
