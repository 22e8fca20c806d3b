"""Sections of tasks besides retrieval: zero-shot classification and the public benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from shopclip.metrics.scoring import NAMES, PRIMARY

DRAWN = "articleType"  # the attribute whose confusion matrix is drawn, where it was asked for


@dataclass(frozen=True)
class Classified:
    """One attribute, with a row a pair, the best accuracy first.

    Attributes:
        protocol: `held_out` or `paper`, the products that were classified.
        left_out: how many of them have no value.
        chances: accuracy without looking, by its name.
    """

    attribute: str
    protocol: str
    classes: int
    products: int
    left_out: int
    rows: list[dict[Any, Any]]
    chances: dict[str, float]


def classified(zero_shots: Mapping[str, pd.DataFrame]) -> list[Classified]:
    """In the order of the configuration."""
    if not zero_shots:
        return []
    table = pd.concat([rows.assign(pair=pair) for pair, rows in zero_shots.items()])
    return [_attribute(str(name), rows) for name, rows in table.groupby("attribute", sort=False)]


def _attribute(name: str, rows: pd.DataFrame) -> Classified:
    first = rows.iloc[0]
    ordered = rows.sort_values(["accuracy", "pair"], ascending=[False, True])
    chances = {
        "chance: commonest class": float(first["chance_commonest"]),
        "chance: any class": float(first["chance_uniform"]),
    }
    return Classified(
        name,
        str(first["protocol"]),
        int(first["classes"]),
        int(first["products"]),
        int(first["left_out"]),
        ordered.to_dict("records"),
        chances,
    )


@dataclass(frozen=True)
class Confusion:
    """What products are, row by row, against what a pair takes them for.

    Attributes:
        names: of the classes.
        counts: products, int64 (classes, classes).
        shares: of each row's products, float64 (classes, classes); 0 in a row without any.
    """

    attribute: str
    pair: str
    names: list[str]
    counts: np.ndarray
    shares: np.ndarray


def best_confusion(
    tables: list[Classified], confusions: Mapping[str, pd.DataFrame]
) -> Confusion | None:
    """That of the pair with the best accuracy in `DRAWN`, or in the first attribute there is."""
    classified = [table for table in tables if table.products]
    if not classified:
        return None
    table = next((one for one in classified if one.attribute == DRAWN), classified[0])
    pair = str(table.rows[0]["pair"])
    cells = confusions[pair][confusions[pair]["attribute"] == table.attribute]
    names = [str(name) for name in cells["actual"].unique()]
    counts = cells["products"].to_numpy(np.int64).reshape(len(names), len(names))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # `other` may be neither what any product is nor what it is taken for.
    present = np.flatnonzero(counts.sum(axis=1) + counts.sum(axis=0))
    inside = np.ix_(present, present)
    names = [names[place] for place in present]
    return Confusion(table.attribute, pair, names, counts[inside], shares[inside])


CAPTIONS = "text-image"
CAPTION_METRICS = {
    "avg_recall": "AvgRecall",
    "recall_at_1": "R@1",
    "recall_at_10": "R@10",
    PRIMARY: NAMES[PRIMARY],
}
ATTRIBUTE_METRICS = {"precision_at_1": "P@1", "precision_at_10": "P@10", PRIMARY: NAMES[PRIMARY]}


@dataclass(frozen=True)
class TaskRows:
    """One task in one gallery, with a row a pair, the best MRR first, and chance by metric."""

    task: str
    gallery_name: str
    queries: int
    gallery: int
    rows: list[dict[Any, Any]]
    chance: dict[str, float]


@dataclass(frozen=True)
class BenchmarkSection:
    """The task of the captions by gallery, and those of the attributes by gallery."""

    captions: list[TaskRows]
    attributes: dict[str, list[TaskRows]]

    @property
    def contaminated(self) -> bool:
        return any(row["contaminated"] for table in self.captions for row in table.rows)

    @property
    def attributes_contaminated(self) -> bool:
        tables = [table for group in self.attributes.values() for table in group]
        return any(row["contaminated"] for table in tables for row in table.rows)


def benchmark_section(benchmarks: Mapping[str, pd.DataFrame]) -> BenchmarkSection | None:
    """None where no benchmark was configured."""
    if not any(len(rows) for rows in benchmarks.values()):
        return None
    table = pd.concat([rows.assign(pair=pair) for pair, rows in benchmarks.items()])
    tasks = [
        _task(str(task), str(gallery), rows)
        for (gallery, task), rows in table.groupby(["gallery_name", "task"], sort=False)
    ]
    galleries = dict.fromkeys(task.gallery_name for task in tasks)
    return BenchmarkSection(
        [task for task in tasks if task.task == CAPTIONS],
        {
            gallery: [t for t in tasks if t.task != CAPTIONS and t.gallery_name == gallery]
            for gallery in galleries
        },
    )


def _task(task: str, gallery: str, rows: pd.DataFrame) -> TaskRows:
    first = rows.iloc[0]
    ordered = rows.sort_values([PRIMARY, "pair"], ascending=[False, True])
    metrics = (*CAPTION_METRICS, *ATTRIBUTE_METRICS)
    chance = {metric: float(first[f"chance_{metric}"]) for metric in metrics}
    return TaskRows(
        task,
        gallery,
        int(first["queries"]),
        int(first["gallery"]),
        ordered.to_dict("records"),
        chance,
    )
