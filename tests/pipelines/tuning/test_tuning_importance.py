import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from shopclip.pipelines.tuning.tables import importance


def study_of(values, pruned=0):
    """x decides the value, y and the pair do not."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize")
    space = {
        "x": FloatDistribution(0, 1),
        "y": FloatDistribution(0, 1),
        "pair": CategoricalDistribution(["a", "b"]),
    }
    for number, value in enumerate(values):
        chosen = {"x": value, "y": number * 0.37 % 1, "pair": "ab"[number % 2]}
        study.add_trial(create_trial(value=value, params=chosen, distributions=space))
    for _ in range(pruned):
        chosen = {"x": 0.5, "y": 0.5, "pair": "a"}
        study.add_trial(create_trial(state=TrialState.PRUNED, params=chosen, distributions=space))
    return study


def test_the_hyperparameter_that_decides_is_the_most_important():
    found = importance(study_of([0.1, 0.9, 0.3, 0.7, 0.2, 0.8, 0.5, 0.4]))
    assert next(iter(found.shares)) == "x"
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.shares["x"] > 0.5
    assert found == importance(study_of([0.1, 0.9, 0.3, 0.7, 0.2, 0.8, 0.5, 0.4]))


@pytest.mark.parametrize(
    ("values", "note"),
    [([0.1, 0.9, 0.5], "3 complete trials are too few"), ([0.5] * 6, "have the same MRR")],
)
def test_where_nothing_can_be_told_it_says_why(values, note):
    found = importance(study_of(values, pruned=3))
    assert found.shares == {}
    assert note in found.note
