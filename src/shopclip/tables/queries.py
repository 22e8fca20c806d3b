"""The texts that pairs are judged by besides the captions of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from shopclip.errors import ShopclipError
from shopclip.parameters import AttributeName
from shopclip.tables.ground_truth import ATTRIBUTE_TASKS, TEXT_IMAGE, Benchmark

COLUMNS = ["task", "label", "text"]


class QueriesError(ShopclipError):
    """The queries that were embedded are not those that are asked for."""


def build_queries(
    examples: pd.DataFrame,
    zero_shot: Mapping[AttributeName, Sequence[str]],
    benchmark: Benchmark | None = None,
) -> pd.DataFrame:
    """A row a text: its `task`, its `label` (the answer that it stands for) and the `text`.

    Args:
        zero_shot: templates with `{value}` by attribute; every value of the attribute fills each.
        benchmark: whose captions are asked, and the values of its six attributes as they are.
    """
    rows = [
        (zero_shot_task(attribute), value, template.format(value=value))
        for attribute, templates in zero_shot.items()
        for value in classes(examples, attribute)
        for template in templates
    ]
    rows += _of_benchmark(examples, benchmark) if benchmark else []
    return pd.DataFrame(rows, columns=COLUMNS, dtype="str")


def zero_shot_task(attribute: str) -> str:
    return f"zero-shot {attribute}"


def classes(examples: pd.DataFrame, attribute: str) -> list[str]:
    """The values that an attribute has, sorted."""
    return sorted(values(examples, attribute).dropna().unique())


def values(examples: pd.DataFrame, attribute: str) -> pd.Series[str]:
    """An attribute as text; missing where it is unknown or blank."""
    texts = examples[attribute].astype("string")
    return texts.mask(texts.str.strip() == "")


def queries_of_task(queries: pd.DataFrame, task: str, labels: Sequence[str]) -> pd.DataFrame:
    """The rows of one task, in their order; the index tells where their embeddings are.

    Raises:
        QueriesError: they are not those of `labels`, because parameters, the benchmark or the
            catalogue changed after the queries were collected.
    """
    rows = queries[queries["task"] == task]
    if set(rows["label"]) != set(labels):
        raise QueriesError(
            f"queries: the task {task} has {rows['label'].nunique()} labels, which are not the "
            f"{len(set(labels))} that evaluation asks for: evaluation.zero_shot, "
            "evaluation.benchmark or the catalogue changed since they were embedded; run "
            "kedro run --pipelines embedding,evaluation,reporting"
        )
    return rows


def _of_benchmark(examples: pd.DataFrame, benchmark: Benchmark) -> Iterator[tuple[str, str, str]]:
    yield from ((TEXT_IMAGE, caption, caption) for caption in benchmark.captions)
    for attribute in ATTRIBUTE_TASKS:
        yield from ((attribute, value, value) for value in classes(examples, attribute))
