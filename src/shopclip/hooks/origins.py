"""Which command makes a dataset anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any


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
                pair = f" --namespaces {node.namespace}" if node.namespace else ""
                return f"kedro run{environment} --pipelines {stage}{pair}"
    return None
