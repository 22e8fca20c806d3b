"""Which epoch's weights a training ends with, and when it ends."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopclip.dualencoder import CheckpointManager, Epoch, Recipe, fit
from shopclip.dualencoder.checkpoints import Checkpoint
from shopclip.dualencoder.devices import Precision
from shopclip.dualencoder.epoch_evaluator import EpochEvaluator
from shopclip.dualencoder.training import _over
from shopclip.dualencoder.training_log import TrainingLog
from tests.dualencoder.conftest import BERT, RESNET, build, differing, subset, weights


def epoch_of(number, mrr):
    spread = dict.fromkeys(
        ("image_mean_cosine", "text_mean_cosine", "image_effective_rank", "text_effective_rank"), 1
    )
    return Epoch(
        epoch=number,
        step=0,
        loss=1,
        chance_loss=1,
        temperature=1,
        hubness=0,
        mrr=mrr,
        seconds=1,
        **spread,
    )


def seen_as(mrrs, monkeypatch):
    """Looks that find these one after another; returns the weights that each looked at."""
    looked_at = []

    def evaluate(self, model, steps, precision, seconds):
        looked_at.append(weights(model))
        return epoch_of(steps[-1].epoch, mrrs[len(looked_at) - 1])

    monkeypatch.setattr(EpochEvaluator, "evaluate", evaluate)
    return looked_at


@pytest.fixture
def split(examples):
    """48 examples to train on and 16 to judge by."""
    return subset(examples, np.arange(48)), subset(examples, np.arange(48, 64))


def trained(split, epochs, patience=None, **options):
    model = build(BERT, RESNET)
    recipe = Recipe(epochs=epochs, batch_size=16, patience=patience)
    return model, fit(model, split[0], recipe, validation=split[1], **options)


@pytest.mark.parametrize(
    ("mrrs", "patience", "epochs", "best"),
    [
        ([0.1, 0.3, 0.2, 0.25], None, 4, 1),
        ([0.1, 0.2, 0.3], None, 3, 2),
        ([0.3, 0.2, 0.1], None, 3, 0),
        ([0.3, 0.3, 0.3], None, 3, 0),  # as good is not better
        ([0.3, 0.2, 0.9, 0.9], 1, 2, 0),
        ([0.3, 0.2, 0.9, 0.8, 0.7, 1.0], 2, 5, 2),
        ([0.1, 0.2, 0.3, 0.4], 1, 4, 3),
        ([0.0, 0.0, 0.0, 0.0], 3, 4, 0),
        ([0.5], 1, 1, 0),
    ],
)
def test_ends_with_the_best_epoch_after_as_many_epochs_as_patience_allows(
    mrrs, patience, epochs, best, split, monkeypatch
):
    looked_at = seen_as(mrrs, monkeypatch)
    model, log = trained(split, len(mrrs), patience)
    assert [epoch.epoch for epoch in log.epochs] == list(range(epochs))
    assert len(log.steps) == 3 * epochs
    assert log.best_epoch == best
    assert differing(weights(model), looked_at[best]) == []
    assert all(differing(looked_at[best], one) for one in looked_at[:best])


@given(
    mrrs=st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=1, max_size=8),
    patience=st.one_of(st.none(), st.integers(1, 4)),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_stops_when_the_best_is_as_many_epochs_ago_as_patience_says(mrrs, patience, monkeypatch):
    class Learner:
        recipe = Recipe(epochs=8, patience=patience)

    epochs = [epoch_of(number, mrr) for number, mrr in enumerate(mrrs)]
    best = int(np.argmax(mrrs))
    after_best = mrrs[best + 1 :]
    expected = len(mrrs) == 8 or (patience is not None and len(after_best) >= patience)
    state = Checkpoint(TrainingLog([], epochs, best))
    assert _over(Learner, state) == expected


def test_without_validation_the_last_weights_stay_however_bad(examples, monkeypatch):
    looked_at = seen_as([0.9, 0.5, 0.1], monkeypatch)
    model = build(BERT, RESNET)
    log = fit(model, examples, Recipe(epochs=3, batch_size=16))
    assert log.best_epoch is None
    assert differing(weights(model), looked_at[-1]) == []


def test_validation_examples_are_judged_and_never_trained_on(split, monkeypatch):
    judged = []
    of = EpochEvaluator.of.__func__

    def spy(cls, examples):
        judged.append(examples)
        return of(cls, examples)

    monkeypatch.setattr(EpochEvaluator, "of", classmethod(spy))
    first, _ = trained(split, 2)
    assert judged == [split[1]]
    half = subset(split[1], np.arange(8))
    second, _ = trained((split[0], half), 1)
    third, _ = trained(split, 1)
    assert differing(weights(second), weights(third)) == []  # who judges changes no step
    assert differing(weights(first), weights(third))


def test_the_best_epoch_survives_a_resumption(split, tmp_path, monkeypatch):
    looked_at = seen_as([0.3, 0.9, 0.2, 0.1], monkeypatch)
    expected, log = trained(split, 4)
    best = looked_at[1]
    evaluate = EpochEvaluator.evaluate
    looked_at.clear()

    def killed(self, model, steps, precision, seconds):
        if len(looked_at) == 3:
            raise KeyboardInterrupt
        return evaluate(self, model, steps, precision, seconds)

    monkeypatch.setattr(EpochEvaluator, "evaluate", killed)
    with pytest.raises(KeyboardInterrupt):
        trained(split, 4, checkpoint_manager=CheckpointManager(tmp_path, seconds=0))
    monkeypatch.setattr(EpochEvaluator, "evaluate", evaluate)
    model, resumed = trained(split, 4, checkpoint_manager=CheckpointManager(tmp_path, seconds=0))
    assert resumed.best_epoch == log.best_epoch == 1
    assert differing(weights(model), best) == []
    assert differing(weights(expected), best) == []
    assert [epoch.mrr for epoch in resumed.epochs] == [0.3, 0.9, 0.2, 0.1]


def test_real_looks_choose_the_epoch_that_retrieves_best(split):
    model, log = trained(split, 6)
    found = [epoch.mrr for epoch in log.epochs]
    assert log.best_epoch == int(np.argmax(found))
    seen = EpochEvaluator.of(split[1])
    again = seen.evaluate(model, log.steps, Precision("fp32", model.device), seconds=0)
    assert again.mrr == pytest.approx(max(found))
