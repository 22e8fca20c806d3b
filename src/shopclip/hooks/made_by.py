"""By which parameters things were made: those that decide, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shopclip.printing import mask_all
from shopclip.provenance import ProvenanceError, Record


def path_of(catalog: Any, name: str, *, saving: bool = False) -> Path | None:
    """Where a dataset lies, or is to lie; None if it is no artefact on this machine.

    Parameters and what else is in memory only are no artefacts, nor are files of a cloud and what
    the catalog marks with `metadata: {provenance: none}`.
    """
    dataset = _dataset(catalog, name)
    path = getattr(dataset, "_filepath", None)
    if path is None or getattr(dataset, "_protocol", "file") != "file":
        return None
    if (getattr(dataset, "metadata", None) or {}).get("provenance") == "none":
        return None
    if getattr(dataset, "_version", None) is None:
        return Path(path)
    if saving:
        return Path(dataset._get_versioned_path(dataset.resolve_save_version()))
    return _loaded_version(dataset)


def is_standalone(catalog: Any, name: str) -> bool:
    """Whether it may be used beside other things than those that it was made from."""
    return bool(getattr(_dataset(catalog, name), "standalone", False))


def _dataset(catalog: Any, name: str) -> Any:
    dataset = catalog.get(name)
    return getattr(dataset, "_dataset", dataset)  # one that is kept in memory as well


def _loaded_version(dataset: Any) -> Path:
    """The folder of all versions where there is none yet."""
    from kedro.io.core import VersionNotFoundError

    try:
        return Path(dataset._get_load_path())
    except VersionNotFoundError:
        return Path(dataset._filepath)


def dataset_at(file: Path, names: set[str], catalog: Any) -> str | None:
    """The one of these datasets that lies there."""
    for name in sorted(names):
        if str(getattr(catalog.get(name), "_filepath", "")) == str(file):
            return name
    return None


def command_for(dataset: str | None, env: str | None) -> str | None:
    """The stage, for one pair where it is a pair's, in this environment; None if none makes it."""
    from kedro.framework.project import pipelines

    environment = f" --env {env}" if env and env != "local" else ""
    for stage, pipeline in pipelines.items():
        makers = [] if stage == "__default__" else pipeline.nodes
        for node in makers:
            if dataset in node.outputs:
                name = (node.namespace or "").partition(".")[0]
                pair = f" --namespaces {name}" if name else ""
                return f"kedro run{environment} --pipelines {stage}{pair}"
    return None


Parameters = Mapping[str, Any]

# They say where and when a thing is made, not what comes out.
OPERATIONAL = {
    "engine",
    "training.device",
    "training.workers",
    "training.resume",
    "training.state_seconds",
    "training.checkpoints",
    "training.encoder_features",
    "tuning.studies",
    "index.uri",
}

# What a node is given more of than it uses, or uses for a check alone.
USED = {
    "find_catalogue": ("catalogue.path", "catalogue.columns"),
    "decode_images": ("images.stored",),
    "join_examples": (),
    "train": ("training", "pairs", "images.size", "captions"),
    "embed_images": (),
    "embed_texts": (),
    "embed_queries": (),
    "collect_queries": ("evaluation.zero_shot", "evaluation.benchmark"),
    "build_index": ("index",),
    "score_benchmark": ("evaluation",),
    "collect_results": (),
    "compare_pairs": ("evaluation.resamples", "evaluation.confidence"),
}
OF_PAIRS = "pairs"
OF_RECIPES = "training.recipe."


def relevant(node: str, given: Parameters) -> dict[str, Any]:
    """Those of a node's parameters that decide what it makes, nested.

    Args:
        node: its name, with its namespace.
        given: by dotted name, such as `pairs.bert_vit`.
    """
    used = USED.get(node.rpartition(".")[2])
    kept: dict[str, Any] = {}
    for name, value in leaves(given):
        if _is_below(name, OPERATIONAL) or (used is not None and not _is_below(name, used)):
            continue
        *above, last = name.split(".")
        inner = kept
        for key in above:
            inner = inner.setdefault(key, {})
        inner[last] = mask_all(value)
    return kept


def leaves(parameters: Parameters, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no mapping, or an empty one, with its dotted name."""
    for key, value in parameters.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping) and value:
            yield from leaves(value, name)
        else:
            yield name, value


def given_in_vain(given: Parameters, earlier: Mapping[str, Record]) -> None:
    """Refuse parameters of the command line that come too late.

    Args:
        given: what `--params` says.
        earlier: the records of what this run relies on and does not make.

    Raises:
        ProvenanceError: one of them was another when these things were made.
    """
    for name, value in leaves(given):
        for record in earlier.values():
            for key, made in leaves(record.parameters):
                if key == name and made != value:
                    raise ProvenanceError(
                        f"{name}={value}: comes too late for the stages of this run. The stage "
                        f"{record.stage} used {name}={made}: run it again too (add {record.stage} "
                        "and the stages after it to --pipelines), or leave the parameter out"
                    )


def agree(made_by: Mapping[str, Parameters], current: Parameters) -> dict[str, Any]:
    """The current parameters, but those by which things were made as they were then.

    Pairs may have been trained by different recipes: each keeps its own, as what its pair sets
    itself.

    Args:
        made_by: by the name of each node the parameters that decided what it made.
        current: all parameters of this run.

    Raises:
        ProvenanceError: two nodes used different values, which cannot both be told.
    """
    values: dict[str, tuple[Any, str]] = {}
    for node, made in made_by.items():
        for name, value in leaves({key: made[key] for key in made if key != OF_PAIRS}):
            before, other = values.setdefault(name, (value, node))
            if before != value and not name.startswith(OF_RECIPES):
                raise ProvenanceError(
                    f"{name}: {before!r} for {other}, {value!r} for {node}, which cannot be "
                    "reported together. Make both with the same one: kedro run"
                )
    agreed = _merged(current, {name: value for name, (value, _) in values.items()})
    shared = agreed.get("training", {}).get("recipe", {})
    for made in made_by.values():
        recipe = made.get("training", {}).get("recipe", {})
        own = {key: value for key, value in recipe.items() if shared.get(key) != value}
        for pair, settings in made.get(OF_PAIRS, {}).items():
            agreed[OF_PAIRS][pair] = {**settings, "recipe": {**own, **settings["recipe"]}}
    return agreed


def _merged(current: Parameters, values: Parameters) -> dict[str, Any]:
    merged = {
        key: _merged(value, {}) if isinstance(value, Mapping) else value
        for key, value in current.items()
    }
    for name, value in values.items():
        *above, last = name.split(".")
        inner = merged
        for key in above:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return merged


def _is_below(name: str, roots: Any) -> bool:
    return any(name == root or name.startswith(f"{root}.") for root in roots)
