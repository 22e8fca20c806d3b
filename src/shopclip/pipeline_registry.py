"""The stages, instantiated for every pair that the configuration declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from pathlib import Path

from kedro.pipeline import Pipeline

from shopclip.parameters.pairs import runs_of, with_repeats
from shopclip.pipelines import (
    embedding,
    evaluation,
    indexing,
    ingestion,
    preprocessing,
    reporting,
    training,
    tuning,
)

_runs: dict[str, tuple[str, ...]] | None = None


def declare_pairs(runs: Mapping[str, tuple[str, ...]]) -> None:
    """Say which pairs, with their runs, the next registration is for, as the hook does."""
    global _runs
    _runs = dict(runs)


def register_pipelines() -> dict[str, Pipeline]:
    """Each stage by its name, `__default__`, which is all of them, `preflight` and `tuning`."""
    runs_of_pairs = _runs if _runs is not None else _configured_pairs()
    pairs, runs = list(runs_of_pairs), list(chain.from_iterable(runs_of_pairs.values()))
    stages = {
        "ingestion": ingestion.create_pipeline(),
        "preprocessing": preprocessing.create_pipeline(),
        "training": _for_each(training.create_pipeline, runs),
        "embedding": embedding.create_queries() + _for_each(embedding.create_pipeline, runs),
        "evaluation": _for_each(evaluation.create_run_pipeline, runs)
        + _for_each(evaluation.create_queries_pipeline, pairs)
        + sum((evaluation.create_pipeline(*pair) for pair in runs_of_pairs.items()), Pipeline([])),
        "indexing": _for_each(indexing.create_pipeline, pairs),
        "reporting": reporting.create_pipeline(runs_of_pairs),
    }
    asked_for = {
        "preflight": _for_each(training.create_preflight, pairs),
        "tuning": tuning.create_pipeline(),
    }
    return {**stages, **asked_for, "__default__": sum(stages.values(), Pipeline([]))}


def _for_each(stage: Callable[[str], Pipeline], names: Iterable[str]) -> Pipeline:
    return sum((stage(name) for name in names), Pipeline([]))


def _configured_pairs() -> dict[str, tuple[str, ...]]:
    """The pairs of the base configuration, for commands that load no context."""
    from kedro.framework.project import settings
    from kedro.utils import find_kedro_project

    from shopclip.parameters.check import check
    from shopclip.parameters.loader import ConfigLoader

    root = find_kedro_project(Path.cwd()) or Path.cwd()
    loader = ConfigLoader(str(root / settings.CONF_SOURCE), **settings.CONFIG_LOADER_ARGS)
    parameters = loader["parameters"]
    check(parameters)
    return runs_of(with_repeats(parameters)["pairs"])
