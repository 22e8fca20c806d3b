"""The stages, instantiated for every pair that the configuration declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline

from shopclip.parameters.pairs import ensembles_of, runs_of, teachers_of, with_repeats
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

SHARED = {"examples", "image_store", "queries"}  # what every pair reads

_runs: dict[str, tuple[str, ...]] | None = None
_teachers: Mapping[str, str] = {}
_ensembles: Mapping[str, tuple[str, ...]] = {}


def declare_pairs(
    runs: Mapping[str, tuple[str, ...]],
    teachers: Mapping[str, str] | None = None,
    ensembles: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Say which pairs the next registration is for, as the hook does.

    Args:
        runs: of each pair, itself first.
        teachers: the pair that a run learns from, of those that do.
        ensembles: the runs that a run is made of, of those that are not trained.
    """
    global _runs, _teachers, _ensembles
    _runs, _teachers, _ensembles = dict(runs), teachers or {}, ensembles or {}


def register_pipelines() -> dict[str, Pipeline]:
    """Each stage by its name, `__default__`, which is all of them, `preflight` and `tuning`."""
    pairs, teachers, ensembles = (
        (_runs, _teachers, _ensembles) if _runs is not None else _configured_pairs()
    )
    runs = list(chain.from_iterable(pairs.values()))
    repeats = [run for run in runs if run not in pairs]
    stages = {
        "ingestion": ingestion.create_pipeline(),
        "preprocessing": preprocessing.create_pipeline(),
        "training": _sum(
            of_pair(
                run,
                "training",
                training.create_ensemble(ensembles[run])
                if run in ensembles
                else training.create_pipeline(teachers.get(run)),
            )
            for run in runs
        ),
        "embedding": embedding.create_queries()
        + _of_each(runs, "embedding", embedding.create_pipeline()),
        "evaluation": _of_each(repeats, "evaluation", evaluation.create_run_pipeline())
        + _sum(
            of_pair(pair, "evaluation", evaluation.create_pipeline(of_one[1:]))
            for pair, of_one in pairs.items()
        ),
        "indexing": _of_each(pairs, "indexing", indexing.create_pipeline()),
        "reporting": reporting.create_pipeline(pairs),
    }
    on_demand = {
        "preflight": _of_each(
            (pair for pair in pairs if pair not in ensembles),
            "preflight",
            training.create_preflight(),
        ),
        "tuning": tuning.create_pipeline(),
    }
    return {**stages, **on_demand, "__default__": _sum(stages.values())}


def of_pair(pair: str, stage: str, pipeline: Pipeline) -> Pipeline:
    """A stage in the namespace `⟨pair⟩.⟨stage⟩`, whose datasets are in that of the pair.

    Outside stay parameters, but for the pair's own, what all pairs share, and the pair's results.
    """
    names = {name for name in pipeline.datasets() if not is_parameter(name)}
    parameters = {name: name for name in pipeline.datasets() if is_parameter(name)}
    inputs = pipeline.inputs() & names
    in_stage = Pipeline(
        pipeline, inputs=inputs, outputs=names - inputs, parameters=parameters, namespace=stage
    )
    return Pipeline(
        in_stage,
        inputs={name for name in inputs if name in SHARED or "." in name},
        outputs={"results": f"results_{pair}"} if "results" in names else None,
        parameters={**parameters, "params:pair": f"params:pairs.{pair}"}
        if "params:pair" in parameters
        else parameters,
        namespace=pair,
    )


def _of_each(names: Iterable[str], stage: str, pipeline: Pipeline) -> Pipeline:
    return _sum(of_pair(name, stage, pipeline) for name in names)


def _sum(pipelines: Iterable[Pipeline]) -> Pipeline:
    return sum(pipelines, Pipeline([]))


def _configured_pairs() -> tuple[
    dict[str, tuple[str, ...]], Mapping[str, str], Mapping[str, tuple[str, ...]]
]:
    """As `declare_pairs` takes them, of the base configuration, for commands without a context."""
    from kedro.framework.project import settings
    from kedro.utils import find_kedro_project

    from shopclip.parameters.check import check
    from shopclip.parameters.loader import ConfigLoader

    root = find_kedro_project(Path.cwd()) or Path.cwd()
    loader = ConfigLoader(str(root / settings.CONF_SOURCE), **settings.CONFIG_LOADER_ARGS)
    parameters = loader["parameters"]
    check(parameters)
    pairs = with_repeats(parameters)["pairs"]
    return runs_of(pairs), teachers_of(pairs), ensembles_of(pairs)
