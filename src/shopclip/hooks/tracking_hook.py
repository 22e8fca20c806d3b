"""MLflow: one run a `kedro run`, and in it one child run a pair, so that the UI compares pairs."""

from __future__ import annotations

import logging
import subprocess
import warnings
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock
from kedro.framework.hooks import hook_impl
from pydantic import BaseModel

from shopclip.hooks.pair_runs import PairRuns

with warnings.catch_warnings(record=True):  # MLflow's advice to kedro-mlflow's developers
    from kedro_mlflow.framework.hooks.mlflow_hook import MlflowHook

logging.getLogger("kedro_mlflow").setLevel(logging.WARNING)  # its import sets INFO


class TrackingHook(MlflowHook):
    """kedro-mlflow's hook, which also understands typed parameters and pairs."""

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        self._project_path = Path(context.project_path)
        # MLflow makes its database on first use, and two runs that both do so break each other.
        with FileLock(self._project_path / "mlflow.db.lock"):
            super().after_context_created(context)

    @hook_impl
    def after_catalog_created(self) -> None:
        """Nothing: kedro-mlflow would load every dataset's library to look for metric datasets."""

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Any, catalog: Any) -> None:
        super().before_pipeline_run(run_params, pipeline, catalog)
        if self._is_mlflow_enabled:
            self._pair_runs = PairRuns(self.run_id)
            self._pair_runs.tag_parent("git_commit", _git_commit(self._project_path))

    @hook_impl
    def before_node_run(
        self, node: Any, catalog: Any, inputs: dict[str, Any], is_async: bool
    ) -> None:
        """Typed parameters go to kedro-mlflow as dictionaries: it would log them as one string.

        Data goes through untouched: an image store as a dictionary is all of its pixels, copied.
        """
        plain = {
            name: _plain(value) if name.startswith("params:") else value
            for name, value in inputs.items()
        }
        super().before_node_run(node, catalog, plain, is_async)

    @hook_impl
    def after_node_run(self, node: Any, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        """Send what a pair's node made to that pair's own run."""
        if not self._is_mlflow_enabled or not (pair := node.namespace):
            return
        for name, value in inputs.items():
            if name.startswith("params:"):
                self._pair_runs.log_parameters(pair, name.removeprefix("params:"), _plain(value))
        for name, value in outputs.items():
            if name == f"training_log_{pair}":
                self._pair_runs.log_steps(pair, value)
            elif name == f"epoch_log_{pair}":
                self._pair_runs.log_epochs(pair, value)
            elif name == f"metrics_{pair}":
                self._pair_runs.log_scores(pair, value)
            elif name == f"diagnostics_{pair}":
                self._pair_runs.log_numbers(pair, value)
            elif name == f"zero_shot_{pair}":
                self._pair_runs.log_rows(pair, "zero_shot", value, ["attribute"])
            elif name == f"benchmark_{pair}":
                self._pair_runs.log_rows(pair, "benchmark", value, ["task", "gallery_name"])

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any) -> None:
        """Say on the run which data it was about."""
        if self._is_mlflow_enabled and dataset_name == "image_store":
            self._pair_runs.tag_parent("data_fingerprint", data.fingerprint)

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Any, catalog: Any) -> None:
        if self._is_mlflow_enabled:
            self._pair_runs.finish("FINISHED")
        super().after_pipeline_run(run_params, pipeline, catalog)

    @hook_impl
    def on_pipeline_error(
        self, error: Exception, run_params: dict[str, Any], pipeline: Any, catalog: Any
    ) -> None:
        if self._is_mlflow_enabled:
            self._pair_runs.finish("FAILED")
        super().on_pipeline_error(error, run_params, pipeline, catalog)


def _plain(value: Any) -> Any:
    """Models and dataclasses as nested dictionaries, anything else as it is."""
    if isinstance(value, BaseModel):
        return value.model_dump()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value


def _git_commit(project: Path) -> str:
    """The commit of the project, marked where files differ from it; `unknown` outside git."""
    command = ["git", "-C", str(project), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        described = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return described.stdout.strip()
