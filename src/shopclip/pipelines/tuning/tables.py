"""The trials of a study as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
from optuna.trial import FrozenTrial, TrialState

from shopclip.pipelines.tuning.space import PAIR
from shopclip.pipelines.tuning.study import DEFAULT, SharedStudy

STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "interrupted",
    TrialState.RUNNING: "running",
}
FIRST = ["number", "state", "pair", "default", "value", "best_epoch", "epochs", "seconds"]
LAST = ["started", "reason", "study"]
OF_EPOCH = ["number", "epoch", "mrr"]


def trials_table(study: SharedStudy, knobs: Iterable[str]) -> pd.DataFrame:
    """A row a trial, with what it chose, in the order in which they were begun.

    `value` is the best validation MRR of an epoch, `best_epoch` that epoch, from 0, `seconds` how
    long it took; an interrupted trial is repeated by a later one.
    """
    rows = [_row(trial, list(knobs), study.study.study_name) for trial in _begun(study)]
    return pd.DataFrame(rows, columns=[*FIRST, *knobs, *LAST])


def epochs_table(study: SharedStudy) -> pd.DataFrame:
    """A row an epoch of every finished trial: its `number`, and the columns of an epoch log."""
    rows = [
        {"number": trial.number, **epoch}
        for trial in study.finished()
        for epoch in trial.user_attrs["epochs"]
    ]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=OF_EPOCH)


def describe(study: SharedStudy, trials: pd.DataFrame) -> dict[str, Any]:
    """The best trial and the best default recipe of a study that is over, as JSON."""
    best, default = study.best(), study.best_default()
    assert best is not None
    assert default is not None
    return {
        "study": study.study.study_name,
        "trials": {name: int((trials["state"] == name).sum()) for name in STATES.values()},
        "best": _described(best, study),
        "default": _described(default, study),
    }


def _described(trial: FrozenTrial, study: SharedStudy) -> dict[str, Any]:
    kept = {name: trial.user_attrs[name] for name in ("pair", "recipe")}
    states = study.states(trial).relative_to(study.folder.parent)
    return {"number": trial.number, "value": trial.value, **kept, "states": states.as_posix()}


def _begun(study: SharedStudy) -> list[FrozenTrial]:
    return study.study.get_trials(deepcopy=False, states=list(STATES))


def _row(trial: FrozenTrial, knobs: list[str], study: str) -> dict[str, Any]:
    attributes = trial.user_attrs
    epochs = attributes.get("epochs", [])
    best: dict[str, Any] = max(epochs, key=lambda epoch: epoch["mrr"], default={})
    return {
        "number": trial.number,
        "state": STATES[trial.state],
        "pair": attributes.get(PAIR),
        "default": DEFAULT in attributes,
        "value": best.get("mrr"),
        "best_epoch": best.get("epoch"),
        "epochs": len(epochs),
        "seconds": trial.duration.total_seconds() if trial.duration else None,
        **{knob: trial.params.get(knob) for knob in knobs},
        "started": trial.datetime_start.isoformat() if trial.datetime_start else None,
        "reason": attributes.get("reason"),
        "study": study,
    }
