"""Which knobs made a difference."""

from __future__ import annotations

from dataclasses import dataclass, field

import optuna
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import TrialState

LEAST = 4  # complete trials; a forest that is grown on fewer says nothing


@dataclass(frozen=True)
class Importance:
    """Share of the variance of the validation MRR that each knob explains, the largest first.

    Attributes:
        shares: of one in all; empty where nothing can be said.
        note: on how many trials they rest, or why there are none.
    """

    note: str
    shares: dict[str, float] = field(default_factory=dict)


def importance(study: optuna.Study) -> Importance:
    """By fANOVA (Hutter et al. 2014) over the complete trials."""
    complete = study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
    if len(complete) < LEAST:
        return Importance(f"{len(complete)} complete trials are too few to tell; it takes {LEAST}")
    if len({trial.value for trial in complete}) == 1:
        return Importance(f"all {len(complete)} complete trials have the same MRR: nothing to tell")
    shares = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    return Importance(f"{len(complete)} complete trials, a hint and no test", shares)
