"""The stages, instantiated for every pair that the configuration declares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from kedro.pipeline import Pipeline

from shopclip.pipelines import (
    embedding,
    evaluation,
    ingestion,
    preprocessing,
    reporting,
    training,
)

_pairs: tuple[str, ...] | None = None


def declare_pairs(pairs: Sequence[str]) -> None:
    """Say which pairs the next registration is for, as the hook does that knows the run."""
    global _pairs
    _pairs = tuple(pairs)


def register_pipelines() -> dict[str, Pipeline]:
    """Each stage by its name, `__default__`, which is all of them, and `preflight`."""
    pairs = _pairs if _pairs is not None else _configured_pairs()
    stages = {
        "ingestion": ingestion.create_pipeline(),
        "preprocessing": preprocessing.create_pipeline(),
        "training": _for_every_pair(training.create_pipeline, pairs),
        "embedding": _for_every_pair(embedding.create_pipeline, pairs),
        "evaluation": _for_every_pair(evaluation.create_pipeline, pairs),
        "reporting": reporting.create_pipeline(pairs),
    }
    preflight = _for_every_pair(training.create_preflight, pairs)
    return {**stages, "preflight": preflight, "__default__": sum(stages.values(), Pipeline([]))}


def _for_every_pair(stage: Callable[[str], Pipeline], pairs: Sequence[str]) -> Pipeline:
    return sum((stage(pair) for pair in pairs), Pipeline([]))


def _configured_pairs() -> tuple[str, ...]:
    """The pairs of the base configuration, for commands that load no context."""
    from kedro.config import OmegaConfigLoader
    from kedro.framework.project import settings
    from kedro.utils import find_kedro_project

    root = find_kedro_project(Path.cwd()) or Path.cwd()
    loader = OmegaConfigLoader(str(root / settings.CONF_SOURCE), **settings.CONFIG_LOADER_ARGS)
    return tuple(loader["parameters"]["pairs"])
