"""Child runs in MLflow, one a trial of a tuning, written when the trial has ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from shopclip.hooks.child_runs import log_metrics, open_child

ENDED = ("complete", "pruned")
NO_KNOB = (
    "number", "state", "pair", "default", "value", "best_epoch", "epochs", "seconds", "started",
    "reason", "study",
)  # fmt: skip
SHARED_TAGS = ("git_commit", "data_fingerprint")  # of the pipeline's run, with every child


class TrialRuns:
    """Keeps one run a finished trial, whoever ran it and however often it is told of it.

    MLflow itself is asked which trials have theirs: those of a process that was killed before it
    could say so get it from the next one.
    """

    def __init__(self, parent_id: str, lock: Path) -> None:
        """Args:
        lock: file that keeps others from logging the same trial meanwhile.
        """
        from mlflow import MlflowClient

        self._client = MlflowClient()
        self._parent_id = parent_id
        self._lock = FileLock(lock)
        self._logged: set[tuple[str, int]] = set()

    def log(self, trials: pd.DataFrame, epochs: pd.DataFrame) -> None:
        """Log the finished trials that have no run yet: what they chose, every epoch, the end."""
        ended = trials[trials["state"].isin(ENDED)]
        rows: list[Any] = ended.to_dict("records")
        news = [row for row in rows if (row["study"], row["number"]) not in self._logged]
        if not news:
            return
        with self._lock:
            begun = self._begun(news[0]["study"])
            for row in news:
                run = begun.get(str(row["number"]))
                if run is None or run.info.status != "FINISHED":
                    name = run.info.run_id if run else self._open(row)
                    self._write(name, row, epochs[epochs["number"] == row["number"]])
                self._logged.add((row["study"], row["number"]))

    def _begun(self, study: str) -> dict[str, Any]:
        """The runs of a study's trials by the trial's number, those half written included."""
        experiment = self._client.get_run(self._parent_id).info.experiment_id
        found: dict[str, Any] = {}
        token = None
        while token != "":
            runs = self._client.search_runs(
                [experiment], f"tags.study = '{study}'", page_token=token
            )
            found |= {run.data.tags["trial"]: run for run in runs}
            token = runs.token or ""
        return found

    def _open(self, row: dict[str, Any]) -> str:
        parent = self._client.get_run(self._parent_id)
        tags = {
            "pair": row["pair"],
            "study": row["study"],
            "trial": str(row["number"]),
            "state": row["state"],
            **{tag: parent.data.tags[tag] for tag in SHARED_TAGS if tag in parent.data.tags},
        }
        started = int(pd.Timestamp(row["started"]).timestamp() * 1000)
        return open_child(self._client, parent, f"trial {row['number']}", tags, started=started)

    def _write(self, run: str, row: dict[str, Any], epochs: pd.DataFrame) -> None:
        """Under the names that the runs of pairs use, so that both can be compared."""
        from mlflow.entities import Param

        chosen = {f"training.recipe.{key}": row[key] for key in row if key not in NO_KNOB}
        parameters = [Param(key, str(value)) for key, value in chosen.items()]
        metrics = [
            (f"epoch.{column}", epoch[column], epoch["epoch"])
            for epoch in epochs.to_dict("records")
            for column in epochs.columns
            if column not in ("number", "epoch", "step")
        ]
        ends = {"validation_mrr": row["value"], "epochs": row["epochs"], "seconds": row["seconds"]}
        metrics += [(key, end, 0) for key, end in ends.items() if pd.notna(end)]
        self._client.log_batch(run, params=parameters)
        log_metrics(self._client, run, metrics)
        if pd.notna(row["reason"]):
            self._client.set_tag(run, "reason", row["reason"])
        self._client.set_terminated(run, "FINISHED")
