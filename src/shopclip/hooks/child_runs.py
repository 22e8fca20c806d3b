"""The child runs of a run in MLflow: one a pair, and one a trial of tuning."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from shopclip.printing import mask_credentials

BATCH = 1000  # metrics that MLflow accepts at once


def open_child(
    client: Any, parent: Any, name: str, tags: Mapping[str, str], *, started: int | None = None
) -> str:
    """Open a run below another one, and return its id.

    Args:
        client: MLflow's.
        parent: the run that it stands below.
        started: milliseconds since 1970; now by default.
    """
    tags_of_run = {
        "mlflow.parentRunId": parent.info.run_id,
        "mlflow.source.name": "shopclip",
        **tags,
    }
    experiment = parent.info.experiment_id
    run = client.create_run(experiment, start_time=started, tags=tags_of_run, run_name=name)
    return str(run.info.run_id)


def log_metrics(client: Any, run: str, rows: Iterable[tuple[str, Any, Any]]) -> None:
    """Log names, values and steps, as many at once as MLflow accepts."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    metrics = [Metric(key, float(value), now, int(step)) for key, value, step in rows]
    for start in range(0, len(metrics), BATCH):
        client.log_batch(run, metrics=metrics[start : start + BATCH])


MAX_PARAMETER = 6000  # characters of a value that MLflow accepts


class PairRuns:
    """Opens a pair's run when its first node reports something.

    Everything goes through the client, which has no active run: kedro-mlflow keeps that for the
    run of the pipeline.
    """

    def __init__(self, parent_id: str) -> None:
        from mlflow import MlflowClient

        self._client = MlflowClient()
        self._parent = self._client.get_run(parent_id)
        self._runs: dict[str, str] = {}
        self._tagged: dict[str, str] = {}

    @property
    def artifacts(self) -> str:
        """Where the files of the run of the pipeline go."""
        return str(self._parent.info.artifact_uri)

    def tag_parent(self, key: str, value: str) -> None:
        """Tag the run of the pipeline, and every pair's run that is opened from now on."""
        if self._tagged.get(key) == value:
            return
        self._tagged[key] = value
        for run in [self._parent.info.run_id, *self._runs.values()]:
            self._client.set_tag(run, key, value)

    def log_parameters(self, pair: str, prefix: str, values: Any) -> None:
        """Log nested parameters flattened, each under its dotted name.

        The pair's own lose their prefix, so that the same setting stands in the same row of a
        comparison.
        """
        from mlflow.entities import Param

        flat = _flatten("pair" if prefix == f"pairs.{pair}" else prefix, values)
        texts = {key: mask_credentials(str(value)) for key, value in flat.items()}
        parameters = [Param(key, text[:MAX_PARAMETER]) for key, text in texts.items()]
        self._client.log_batch(self._run(pair), params=parameters)

    def log_steps(self, pair: str, log: pd.DataFrame) -> None:
        """Log every numeric column of a training log, by step."""
        self._log_columns(pair, "train", log, by="step")

    def log_epochs(self, pair: str, log: pd.DataFrame) -> None:
        """Log every numeric column of an epoch log, by epoch."""
        self._log_columns(pair, "epoch", log, by="epoch")

    def log_scores(self, pair: str, scores: pd.DataFrame) -> None:
        """Log a row of scores as `protocol.direction.metric`, for all products of a caption as
        right answers as `protocol.direction.same_caption.metric`; intervals and bounds beside it.
        """
        ends = {"value": "", "low": "_low", "high": "_high", "chance": "_chance"}
        kinds = scores["answers"].map({"own": "", "same_caption": "same_caption."})
        names = scores["protocol"] + "." + scores["direction"] + "." + kinds + scores["metric"]
        self._log(
            pair,
            [
                (f"{name}{end}", value, 0)
                for column, end in ends.items()
                for name, value in zip(names, scores[column], strict=True)
            ],
        )

    def log_numbers(self, pair: str, values: dict[str, Any]) -> None:
        """Log what is a number among the values; a truth value is 0 or 1."""
        numbers = [(key, value, 0) for key, value in values.items() if value is not None]
        self._log(pair, numbers)

    def log_rows(self, pair: str, prefix: str, table: pd.DataFrame, keys: list[str]) -> None:
        """Log the numbers of every row as `prefix.⟨its keys⟩.column`, blanks as underscores.

        What is not a number, because nothing was asked, is left out.
        """
        columns = table.drop(columns=keys).select_dtypes(["number", "bool"]).columns
        values = [
            (".".join((prefix, *(row[key] for key in keys), column)).replace(" ", "_"), row[column])
            for row in table.to_dict("records")
            for column in columns
        ]
        self._log(pair, [(name, value, 0) for name, value in values if not pd.isna(value)])

    def log_artifact(self, file: str) -> None:
        """Copy a file to the artifacts of the run of the pipeline."""
        self._client.log_artifact(self._parent.info.run_id, file)

    def finish(self, status: str) -> None:
        """Close every run that was opened."""
        for run in self._runs.values():
            self._client.set_terminated(run, status)
        self._runs.clear()

    def _run(self, pair: str) -> str:
        if pair not in self._runs:
            tags = {"pair": pair, **self._tagged}
            self._runs[pair] = open_child(self._client, self._parent, pair, tags)
        return self._runs[pair]

    def _log_columns(self, pair: str, prefix: str, log: pd.DataFrame, *, by: str) -> None:
        columns = [column for column in log.columns if column not in ("step", "epoch")]
        self._log(
            pair,
            [
                (f"{prefix}.{column}", value, place)
                for column in columns
                for place, value in zip(log[by], log[column], strict=True)
            ],
        )

    def _log(self, pair: str, rows: list[tuple[str, Any, Any]]) -> None:
        if rows:
            log_metrics(self._client, self._run(pair), rows)


def _flatten(prefix: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {prefix: value}
    return {
        key: leaf
        for name, inner in value.items()
        for key, leaf in _flatten(f"{prefix}.{name}", inner).items()
    }


ENDED = ("complete", "pruned")
NO_KNOB = (
    "number",
    "state",
    "pair",
    "default",
    "value",
    "best_epoch",
    "epochs",
    "seconds",
    "started",
    "reason",
    "study",
)
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
        begun: dict[str, Any] = {}
        token = None
        while token != "":
            runs = self._client.search_runs(
                [experiment], f"tags.study = '{study}'", page_token=token
            )
            begun |= {run.data.tags["trial"]: run for run in runs}
            token = runs.token or ""
        return begun

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
