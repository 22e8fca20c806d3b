"""The trials of a study as tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import optuna
import pandas as pd
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from shopclip.pipelines.tuning.space import PAIR
from shopclip.pipelines.tuning.study import DEFAULT, FINISHED, SharedStudy

MIN_COMPLETE = 4  # complete trials; a forest that is grown on fewer says nothing


@dataclass(frozen=True)
class Importance:
    """Share of the validation MRR's variance that each hyperparameter explains, the largest first.

    Attributes:
        shares: of one in all; empty where nothing can be said.
        note: on how many trials they rest, or why there are none.
    """

    note: str
    shares: dict[str, float] = field(default_factory=dict)


def importance(study: optuna.Study) -> Importance:
    """By fANOVA (Hutter et al. 2014) over the complete trials."""
    complete = study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
    if len(complete) < MIN_COMPLETE:
        note = f"{len(complete)} complete trials are too few to tell; it takes {MIN_COMPLETE}"
        return Importance(note)
    if len({trial.value for trial in complete}) == 1:
        return Importance(f"all {len(complete)} complete trials have the same MRR: nothing to tell")
    shares = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    return Importance(f"{len(complete)} complete trials, a hint and no test", shares)


STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "interrupted",
    TrialState.RUNNING: "running",
}
FIRST = ["number", "state", "pair", "default", "value", "best_epoch", "epochs", "seconds"]
LAST = ["started", "reason", "study"]
OF_EPOCH = ["number", "epoch", "mrr"]


def begun_trials(study: SharedStudy) -> list[FrozenTrial]:
    """All trials that have chosen, in the order in which they were begun.

    Tables that belong together are made of one such list: other processes go on meanwhile.
    """
    return study.study.get_trials(deepcopy=False, states=list(STATES))


def trials_table(
    trials: Iterable[FrozenTrial], hyperparameters: Iterable[str], study: str
) -> pd.DataFrame:
    """A row a trial, with what it chose, in the order in which they were begun.

    `value` is the best validation MRR of an epoch, `best_epoch` that epoch, from 0, `seconds` how
    long it took; an interrupted trial is repeated by a later one.
    """
    rows = [_row(trial, list(hyperparameters), study) for trial in trials]
    return pd.DataFrame(rows, columns=[*FIRST, *hyperparameters, *LAST])


def epochs_table(trials: Iterable[FrozenTrial]) -> pd.DataFrame:
    """A row an epoch of every finished trial: its `number`, and the columns of an epoch log."""
    rows = [
        {"number": trial.number, **epoch}
        for trial in trials
        if trial.state in FINISHED
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
    choice = {name: trial.user_attrs[name] for name in ("pair", "recipe")}
    states = study.states(trial).relative_to(study.folder.parent)
    return {"number": trial.number, "value": trial.value, **choice, "states": states.as_posix()}


def _row(trial: FrozenTrial, hyperparameters: list[str], study: str) -> dict[str, Any]:
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
        **{name: trial.params.get(name) for name in hyperparameters},
        "started": trial.datetime_start.isoformat() if trial.datetime_start else None,
        "reason": attributes.get("reason"),
        "study": study,
    }
