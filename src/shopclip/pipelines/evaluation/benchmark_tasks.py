"""The tasks of the public benchmark: who is asked, what is right, and what a pair scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from shopclip.benchmark import (
    ATTRIBUTE_TASKS,
    TEXT_IMAGE,
    Benchmark,
    rank_by_chance,
    rank_relevant,
)
from shopclip.dualencoder.retrieval_metrics import measure
from shopclip.queries import asked_for, values

METRICS = (
    "precision_at_1", "precision_at_10", "recall_at_1", "recall_at_10", "avg_recall", "mrr_at_10",
)  # fmt: skip
CHANCES = tuple(f"chance_{name}" for name in METRICS)
COLUMNS = [
    "task", "gallery_name", "queries", "gallery", *METRICS, *CHANCES, "queries_seen",
    "contaminated",
]  # fmt: skip


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
    places = {id_: place for place, id_ in enumerate(examples["id"])}
    answers = {TEXT_IMAGE: {c: _found(places, ids) for c, ids in truth.relevant.items()}}
    for attribute in ATTRIBUTE_TASKS:
        known = values(examples, attribute)
        found = known.groupby(known).indices
        answers[attribute] = {str(value): np.asarray(right) for value, right in found.items()}
    tasks = []
    for name, by_label in answers.items():
        asked = asked_for(queries, name, list(by_label))
        rows = asked.index.to_numpy()
        right = [by_label[label] for label in asked["label"]]
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
    asked = [number for number, answers in enumerate(inside) if len(answers)]
    counts = {"task": task.name, "queries": len(asked), "gallery": len(gallery)}
    if not asked:
        nothing = dict.fromkeys((*METRICS, *CHANCES), np.nan)
        return {**counts, **nothing, "queries_seen": 0, "contaminated": False}
    relevant = [place[inside[number]] for number in asked]
    ranks = rank_relevant(query_embeddings[task.rows[asked]], image_embeddings[gallery], relevant)
    found, chance = measure(ranks), measure(rank_by_chance(len(gallery), relevant))
    seen = sum(bool(task.seen[n] or products_seen[inside[n]].any()) for n in asked)
    return {
        **counts, **_means(found), **{f"chance_{k}": v for k, v in _means(chance).items()},
        "queries_seen": seen, "contaminated": seen > 0,
    }  # fmt: skip


def _found(places: dict[str, int], ids: Sequence[str]) -> np.ndarray:
    return np.array([places[id_] for id_ in ids if id_ in places], dtype=np.int64)


def _means(found: dict[str, np.ndarray]) -> dict[str, float]:
    means = {name: float(found[name].mean()) for name in METRICS if name in found}
    return {**means, "avg_recall": (means["recall_at_1"] + means["recall_at_10"]) / 2}
