"""MLflow: one run a `kedro run`, and in it one child run a pair, so that the UI compares pairs."""

from __future__ import annotations

import logging
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from kedro.framework.hooks import hook_impl

from shopclip.hooks.child_runs import PairRuns, TrialRuns
from shopclip.hooks.tracking_database import PATIENCE, file_of, lock_of, make, wait_for
from shopclip.hooks.tracking_errors import (
    TrackingError,
    explain,
    lost,
    opening,
    refuse_artifacts_in,
    tracking_uri,
)
from shopclip.parameters import plain
from shopclip.printing import mask_all

with warnings.catch_warnings(record=True):  # MLflow's advice to kedro-mlflow's developers
    from kedro_mlflow.framework.hooks.mlflow_hook import MlflowHook

logging.getLogger("kedro_mlflow").setLevel(logging.WARNING)  # its import sets INFO
logger = logging.getLogger(__name__)


class TrackingHook(MlflowHook):
    """kedro-mlflow's hook, which also understands typed parameters and pairs.

    A run does not begin where MLflow cannot be written. Once it has begun, a failure of MLflow
    costs its page there and nothing else: it is told once, and the run goes on.
    """

    _is_lost = False
    _has_begun = False

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        self._project_path = Path(context.project_path)
        self._uri, self._refusal = tracking_uri(context), None
        self._lock = lock_of(self._uri, self._project_path)
        try:
            # Two runs that make one database at once, or the experiment in it, break each other.
            lock = FileLock(self._lock, timeout=PATIENCE, mode=0o666)  # whoever shares it
            with opening(self._uri), lock:
                if (file := file_of(self._uri)) is not None:
                    make(file)
                    wait_for(file, PATIENCE)
                super().after_context_created(context)
        except TrackingError as error:  # only a run needs it, Kedro-Viz does not
            self._refusal = error

    @hook_impl
    def after_catalog_created(self) -> None:
        """Nothing: kedro-mlflow would load every dataset's library to look for metric datasets."""

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Any, catalog: Any) -> None:
        if self._refusal:
            raise self._refusal
        self._catalog, self._is_lost, self._has_begun = catalog, False, True
        with opening(self._uri):
            super().before_pipeline_run(run_params, pipeline, catalog)
            if self._is_mlflow_enabled:
                self._pair_runs = PairRuns(self.run_id)
                self._trial_runs = TrialRuns(self.run_id, self._lock)
                refuse_artifacts_in(self._pair_runs.artifacts)
                self._pair_runs.tag_parent("git_commit", _git_commit(self._project_path))

    @hook_impl
    def before_node_run(
        self, node: Any, catalog: Any, inputs: dict[str, Any], is_async: bool
    ) -> None:
        """Typed parameters go to kedro-mlflow as dictionaries: it would log them as one string.

        Data goes through untouched: an image store as a dictionary is all of its pixels, copied.
        """
        if not self._is_mlflow_enabled:
            return
        flattened = {
            name: mask_all(plain(value)) if name.startswith("params:") else value
            for name, value in inputs.items()
        }
        with self._surviving():
            super().before_node_run(node, catalog, flattened, is_async)

    @hook_impl
    def after_node_run(self, node: Any, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        """Send what a pair's node made to that pair's own run."""
        if self._is_mlflow_enabled and node.namespace:
            with self._surviving():
                self._log_pair(node.namespace.partition(".")[0], inputs, outputs)

    def _log_pair(self, pair: str, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        for name, value in inputs.items():
            if name.startswith("params:"):
                self._pair_runs.log_parameters(pair, name.removeprefix("params:"), plain(value))
        for name, value in outputs.items():
            if name == f"{pair}.training_log":
                self._pair_runs.log_steps(pair, value)
            elif name == f"{pair}.epoch_log":
                self._pair_runs.log_epochs(pair, value)
            elif name == f"{pair}.metrics":
                self._pair_runs.log_scores(pair, value)
            elif name == f"{pair}.diagnostics":
                self._pair_runs.log_numbers(pair, value)
            elif name == f"{pair}.zero_shot":
                self._pair_runs.log_rows(pair, "zero_shot", value, ["attribute"])
            elif name == f"{pair}.benchmark":
                self._pair_runs.log_rows(pair, "benchmark", value, ["task", "gallery_name"])

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any) -> None:
        """Say on the run which data it was about."""
        if self._is_mlflow_enabled and dataset_name == "image_store":
            with self._surviving():
                self._pair_runs.tag_parent("data_fingerprint", data.fingerprint)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Send the trials of a tuning to their own runs: they are saved whenever one has ended.

        What the catalog marks `mlflow: artifact` is copied to the run of the pipeline.
        """
        if not self._is_mlflow_enabled:
            return
        with self._surviving():
            if (file := artifact_of(self._catalog, dataset_name)) is not None:
                self._pair_runs.log_artifact(file)
            if dataset_name == "trial_epochs":
                self._trial_epochs = data
            elif dataset_name == "trials":
                self._trial_runs.log(data, self._trial_epochs)

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Any, catalog: Any) -> None:
        self._finish("FINISHED")
        with self._surviving():
            super().after_pipeline_run(run_params, pipeline, catalog)
            self._leave("FINISHED")
        self._has_begun = False

    @hook_impl
    def on_pipeline_error(
        self, error: BaseException, run_params: dict[str, Any], pipeline: Any, catalog: Any
    ) -> None:
        """End all runs, as failed or, by Ctrl-C and its like, as killed."""
        if not self._has_begun:
            return
        status = "FAILED" if isinstance(error, Exception) else "KILLED"
        self._finish(status)
        with self._surviving():
            if self._is_mlflow_enabled:
                self._leave(status)
            else:
                super().on_pipeline_error(error, run_params, pipeline, catalog)
        self._has_begun = False

    def _leave(self, status: str) -> None:
        """End the run as often as kedro-mlflow has opened it: once a node, and once itself.

        In another thread than the one that began it, it is nobody's active one, but still running.
        """
        import mlflow

        if not self._is_mlflow_enabled or self._already_active_mlflow:
            return
        while mlflow.active_run():
            mlflow.end_run(status)
        client = self.mlflow_config.server._mlflow_client
        if client.get_run(self.run_id).info.status == "RUNNING":
            client.set_terminated(self.run_id, status)

    @contextmanager
    def _surviving(self) -> Iterator[None]:
        """Hold back what MLflow raises, and ask nothing more of it."""
        try:
            yield
        except Exception as error:  # MLflow's, SQLAlchemy's, SQLite's, the system's
            if not self._is_lost:
                why = lost(self._uri) or explain(error, self._uri)[0]
                logger.warning("the rest of this run will not be in MLflow: %s", why)
            self._is_lost, self._is_mlflow_enabled = True, False

    def _finish(self, status: str) -> None:
        """Close the runs of the pairs, also where MLflow was lost: it may be back."""
        self._is_mlflow_enabled |= self._is_lost
        if not self._is_mlflow_enabled:
            return
        with self._surviving():
            if self._is_lost:
                self._pair_runs.tag_parent("tracking", "incomplete")
            self._pair_runs.finish(status)


def artifact_of(catalog: Any, name: str) -> str | None:
    """The file of a dataset that MLflow is to keep, kept in memory as well or not."""
    dataset = catalog.get(name)
    if (getattr(dataset, "metadata", None) or {}).get("mlflow") != "artifact":
        return None
    kept = getattr(dataset, "_dataset", dataset)
    return str(kept._filepath if kept._version is None else kept._get_load_path())


def _git_commit(project: Path) -> str:
    """The commit of the project, marked where files differ from it; `unknown` outside git."""
    command = ["git", "-C", str(project), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        described = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return described.stdout.strip()
