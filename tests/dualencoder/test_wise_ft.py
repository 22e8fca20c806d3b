import copy

import numpy as np
import pytest
import torch

from shopclip.dualencoder import CheckpointManager, Recipe, TrainingError, fit
from shopclip.dualencoder.epoch_evaluator import EpochEvaluator
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.wise_ft import ALPHAS, choose, copied, interpolate
from tests.dualencoder.conftest import BERT, RESNET, VIT, build, differing, subset, weights

RECIPE = Recipe(epochs=2, batch_size=16, wise_ft=True)


def halves(examples):
    return subset(examples, np.arange(0, 64, 2)), subset(examples, np.arange(1, 64, 2))


def test_the_ends_of_the_way_are_both_models_to_the_last_bit(examples):
    model = build(BERT, RESNET)
    before = weights(model)
    fit(model, examples, Recipe(epochs=1, batch_size=16))
    after = weights(model)
    assert not differing(interpolate(before, after, 0), before)
    assert not differing(interpolate(before, after, 1), after)
    assert differing(before, after)


@pytest.mark.parametrize("alpha", [0.3, 0.5])
def test_between_them_it_is_the_formula(alpha, examples):
    model = build(BERT, RESNET)
    before = weights(model)
    fit(model, examples, Recipe(epochs=1, batch_size=16))
    after = weights(model)
    between = interpolate(before, after, alpha)
    for name, value in between.items():
        if value.is_floating_point():
            expected = (1 - alpha) * before[name].double() + alpha * after[name].double()
            torch.testing.assert_close(value.double(), expected, atol=1e-6, rtol=1e-6)
        else:
            assert torch.equal(value, after[name])


def test_the_alpha_that_validation_likes_best_is_kept(examples):
    training, validation = halves(examples)
    model = build(BERT, VIT)
    before, whole = weights(model), copy.deepcopy(model)
    log = fit(model, training, RECIPE, validation=validation)
    assert [one.alpha for one in log.interpolations] == list(ALPHAS)
    chosen = [one for one in log.interpolations if one.chosen]
    assert len(chosen) == 1
    assert chosen[0].mrr == max(one.mrr for one in log.interpolations)
    evaluator, precision = EpochEvaluator.of(validation), Learner(whole, training, RECIPE).precision
    assert evaluator.mrr(model, precision) == pytest.approx(chosen[0].mrr)
    model.load_state_dict(before)
    assert evaluator.mrr(model, precision) == pytest.approx(log.interpolations[0].mrr)


def test_of_equal_ones_the_fine_tuned_weights_are_kept(examples, monkeypatch):
    learner = Learner(build(BERT, RESNET), examples, RECIPE)
    before = copied(learner.model.state_dict())
    monkeypatch.setattr(EpochEvaluator, "mrr", lambda *_: 0.5)
    curve = choose(learner, EpochEvaluator.of(examples), before)
    assert [one.alpha for one in curve if one.chosen] == [1]


def test_a_training_that_was_done_already_ends_with_the_same_weights(examples, tmp_path):
    training, validation = halves(examples)
    models = [build(BERT, RESNET) for _ in range(2)]
    logs = []
    for model in models:
        manager = CheckpointManager(tmp_path)
        log = fit(model, training, RECIPE, validation=validation, checkpoint_manager=manager)
        logs.append(log)
    assert not differing(*map(weights, models))
    assert logs[0].interpolations == logs[1].interpolations


def test_without_validation_there_is_nothing_to_choose_by(examples):
    with pytest.raises(TrainingError, match=r"splits\.validation"):
        fit(build(BERT, RESNET), examples, RECIPE)
