"""Nodes that a command chooses and what runs them, and errors in the names it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kedro.pipeline import Pipeline
from kedro.runner import SequentialRunner
from kedro.utils import load_obj

from shopclip.errors import ShopclipError, first_line, suggest

Names = Callable[[Pipeline], Iterable[str]]


class SelectionError(ShopclipError):
    """A command names a pipeline, node, pair, tag or dataset that is not there."""


def _nodes(pipeline: Pipeline) -> set[str]:
    return {node.name for node in pipeline.nodes}


def _datasets(pipeline: Pipeline) -> set[str]:
    return {name for name in pipeline.datasets() if not name.startswith("param")}


# By Kedro's own name of the option: how it is written, and what may be named.
OPTIONS: Mapping[str, tuple[str, Names]] = {
    "namespaces": (
        "--namespaces",
        lambda p: {prefix for node in p.nodes for prefix in node.namespace_prefixes},
    ),
    "tags": ("--tags", lambda p: {tag for node in p.nodes for tag in node.tags}),
    "node_names": ("--nodes", _nodes),
    "from_nodes": ("--from-nodes", _nodes),
    "to_nodes": ("--to-nodes", _nodes),
    "from_inputs": ("--from-inputs", _datasets),
    "to_outputs": ("--to-outputs", _datasets),
    "load_versions": ("--load-versions", _datasets),
}


def wrong_selection(
    options: Mapping[str, Any], pipelines: Mapping[str, Pipeline]
) -> SelectionError | None:
    """What is wrong with the names that a command gives; None if they choose some nodes.

    Args:
        options: those of `kedro run`, by Kedro's names for them.
        pipelines: all that are registered.
    """
    chosen = list(options["pipelines"] or filter(None, [options.get("pipeline")]))
    for name in chosen:
        if name not in pipelines:
            stages = [one for one in pipelines if one != "__default__"]
            return SelectionError(
                f"--pipelines {name}: there is no such pipeline; {suggest(name, stages)}"
            )
    pipeline = sum((pipelines[name] for name in chosen or ["__default__"]), Pipeline([]))
    for option, (flag, names_of) in OPTIONS.items():
        names = set(names_of(pipeline))
        for name in options.get(option) or ():
            if name not in names:
                wrong = _missing(name, names, names_of, pipelines)
                return SelectionError(f"{flag} {name}: {wrong}")
    filters = {name: options[name] for name in OPTIONS if name != "load_versions"}
    try:
        pipeline.filter(node_namespaces=filters.pop("namespaces"), **filters)
    except ValueError as error:
        flags = " ".join(
            f"{flag} {','.join(options[option])}"
            for option, (flag, _) in OPTIONS.items()
            if options.get(option)
        )
        return SelectionError(f"{flags}: choose no node together ({first_line(error)})")
    return None


def _missing(name: str, names: set[str], names_of: Names, pipelines: Mapping[str, Pipeline]) -> str:
    """Elsewhere, perhaps; else what is near."""
    stages = {stage: one for stage, one in pipelines.items() if stage != "__default__"}
    homes = [stage for stage, one in stages.items() if name in names_of(one)]
    if homes:
        return f"not in the chosen pipelines, but in {', '.join(homes)}"
    return f"there is none of this name; {suggest(name, names)}" if names else "no node has any"


REMEDY = (
    "for more at a time, start `kedro run --pipelines training --namespaces PAIR` once for each "
    "pair, or set training.workers"
)


class RunnerError(ShopclipError):
    """A runner with which results would depend on chance, or a name of none."""


def check_runner(name: str | None, *, asynchronous: bool, options: dict[str, Any]) -> None:
    """Accept what runs one node after another and loads nothing in threads.

    Two pairs that train in threads share torch's generator, so that the same seed gives other
    weights, and libraries that are imported by both at once break; processes of Kedro's leave
    MLflow's runs open.

    Args:
        name: of `--runner`, None for Kedro's own choice.
        asynchronous: whether `--async` is given.
        options: of `--runner-params`.

    Raises:
        RunnerError: it is another runner, or there is none of this name.
    """
    if asynchronous or options.get("is_async"):
        raise RunnerError(f"--async: datasets would be loaded in threads; leave it out; {REMEDY}")
    if name in (None, SequentialRunner.__name__):
        if others := sorted(options.keys() - {"is_async"}):
            raise RunnerError(f"--runner-params {', '.join(others)}: SequentialRunner takes none")
        return
    try:
        kind = load_obj(str(name), "kedro.runner")
    except (ImportError, AttributeError, ValueError) as error:
        raise RunnerError(
            f"--runner {name}: there is no such runner; expected SequentialRunner, which runs "
            f"anyway; {REMEDY}"
        ) from error
    if not (isinstance(kind, type) and issubclass(kind, SequentialRunner)):
        raise RunnerError(
            f"--runner {name}: expected SequentialRunner, for nodes that train at the same time in "
            f"one program spoil each other's results; {REMEDY}"
        )
