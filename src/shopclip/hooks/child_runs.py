"""Runs of MLflow below that of the pipeline, written through the client."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

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
    told = {
        "mlflow.parentRunId": parent.info.run_id,
        "mlflow.source.name": "shopclip",
        **tags,
    }
    experiment = parent.info.experiment_id
    run = client.create_run(experiment, start_time=started, tags=told, run_name=name)
    return str(run.info.run_id)


def log_metrics(client: Any, run: str, rows: Iterable[tuple[str, Any, Any]]) -> None:
    """Log names, values and steps, as many at once as MLflow accepts."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    metrics = [Metric(key, float(value), now, int(step)) for key, value, step in rows]
    for start in range(0, len(metrics), BATCH):
        client.log_batch(run, metrics=metrics[start : start + BATCH])
