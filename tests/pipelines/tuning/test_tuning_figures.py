import optuna
import pandas as pd
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from shopclip.pipelines.tuning.figures import history_figure, importance_figure
from shopclip.pipelines.tuning.importance import Importance, importance
from tests.pipelines.reporting.test_reporting_figures import texts

TRIALS = pd.DataFrame(
    {
        "number": [0, 1, 2, 3, 4],
        "state": ["complete", "complete", "pruned", "interrupted", "complete"],
        "pair": ["bert_resnet", "gpt_vit", "gpt_vit", None, "gpt_vit"],
        "default": [True, True, False, False, False],
        "value": [0.5, 0.4, 0.2, None, 0.625],
    }
)


def study_of(values, pruned=0):
    """x decides the value, y and the pair do not."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize")
    space = {
        "x": FloatDistribution(0, 1), "y": FloatDistribution(0, 1),
        "pair": CategoricalDistribution(["a", "b"]),
    }  # fmt: skip
    for number, value in enumerate(values):
        chosen = {"x": value, "y": number * 0.37 % 1, "pair": "ab"[number % 2]}
        study.add_trial(create_trial(value=value, params=chosen, distributions=space))
    for _ in range(pruned):
        chosen = {"x": 0.5, "y": 0.5, "pair": "a"}
        study.add_trial(create_trial(state=TrialState.PRUNED, params=chosen, distributions=space))
    return study


def test_the_history_shows_every_finished_trial_and_the_best_so_far():
    figure = history_figure(TRIALS)
    (axes,) = figure.axes
    steps, *_ = axes.lines
    assert list(steps.get_xdata()) == [0, 1, 4]
    assert list(steps.get_ydata()) == [0.5, 0.5, 0.625]
    points = {
        (x, y)
        for line in axes.lines[1:]
        if line.get_marker() in "osD" and line.get_markersize() == 8
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    }
    assert points == {(0, 0.5), (1, 0.4), (2, 0.2), (4, 0.625)}
    assert "62.5, trial 4" in texts(figure)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["bert_resnet", "gpt_vit"]


def test_the_line_of_the_default_is_at_the_best_of_them():
    (axes,) = history_figure(TRIALS).axes
    levels = [line.get_ydata()[0] for line in axes.lines if line.is_dashed()]
    assert levels == [0.5]


def test_the_knob_that_decides_is_the_most_important():
    found = importance(study_of([0.1, 0.9, 0.3, 0.7, 0.2, 0.8, 0.5, 0.4]))
    assert next(iter(found.shares)) == "x"
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.shares["x"] > 0.5
    assert found == importance(study_of([0.1, 0.9, 0.3, 0.7, 0.2, 0.8, 0.5, 0.4]))


@pytest.mark.parametrize(
    ("values", "told"),
    [([0.1, 0.9, 0.5], "3 complete trials are too few"), ([0.5] * 6, "have the same MRR")],
)
def test_where_nothing_can_be_told_it_says_why(values, told):
    found = importance(study_of(values, pruned=3))
    assert found.shares == {}
    assert told in found.note
    assert found.note in texts(importance_figure(found))


def test_the_importance_has_a_bar_a_knob_the_largest_on_top():
    figure = importance_figure(Importance("12 complete trials", {"x": 0.75, "y": 0.25}))
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == [0.75, 0.25]
    assert axes.yaxis_inverted()
    assert {"75", "25"} <= set(texts(figure))
