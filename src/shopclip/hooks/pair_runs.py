"""Child runs in MLflow, one a pair, written through the client in batches."""

from __future__ import annotations

from typing import Any

import pandas as pd

from shopclip.credentials import mask_credentials
from shopclip.hooks.child_runs import log_metrics, open_child

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

        The pair's own lose their prefix, so that the same knob stands in the same row of a
        comparison.
        """
        from mlflow.entities import Param

        named = _flatten("pair" if prefix == f"pairs.{pair}" else prefix, values)
        texts = {key: mask_credentials(str(value)) for key, value in named.items()}
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
        found = [
            (".".join((prefix, *(row[key] for key in keys), column)).replace(" ", "_"), row[column])
            for row in table.to_dict("records")
            for column in columns
        ]
        self._log(pair, [(name, value, 0) for name, value in found if not pd.isna(value)])

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
