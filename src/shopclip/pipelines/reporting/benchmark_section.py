"""The public benchmark, as the report tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from shopclip.scoring import NAMES, PRIMARY

CAPTIONS = "text-image"
CAPTION_METRICS = {
    "avg_recall": "AvgRecall", "recall_at_1": "R@1", "recall_at_10": "R@10",
    PRIMARY: NAMES[PRIMARY],
}  # fmt: skip
ATTRIBUTE_METRICS = {
    "precision_at_1": "P@1", "precision_at_10": "P@10", PRIMARY: NAMES[PRIMARY],
}  # fmt: skip


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
        task, gallery, int(first["queries"]), int(first["gallery"]), ordered.to_dict("records"),
        chance,
    )  # fmt: skip
