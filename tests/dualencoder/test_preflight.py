from dataclasses import replace

import numpy as np
import pytest
import torch

from shopclip.dualencoder import Recipe, preflight
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.preflight import overfit
from tests.dualencoder.conftest import BERT, VIT, build

RECIPE = Recipe(
    batch_size=4, text_learning_rate=2e-3, image_learning_rate=2e-3, projection_learning_rate=2e-3
)
DEVICES = ["cpu"] + ["cuda"] * torch.cuda.is_available()


def test_towers_that_learn_pass(examples):
    found = overfit(build(BERT, VIT), examples, RECIPE, seconds=30)
    assert found.passed
    assert found.examples == 4  # distinct captions
    assert found.loss < found.chance_loss
    assert found.seconds < 30


def test_towers_that_cannot_tell_pictures_apart_fail_within_their_time(examples):
    same = replace(examples, images=np.full_like(examples.images, 128))
    found = overfit(build(BERT, VIT), same, RECIPE, seconds=2)
    assert not found.passed
    assert found.accuracy == pytest.approx(0.25)  # all ties: chance
    assert 2 <= found.seconds < 10


def test_the_recipes_augmentation_and_variants_are_left_out(examples):
    strong = replace(RECIPE, crop=0.2, jitter=0.5)
    assert overfit(build(BERT, VIT), examples, strong, seconds=30).passed


def test_features_are_not_mixed_and_encoders_learn_from_the_first_step(examples, monkeypatch):
    seen = []

    class Seen(Learner):
        def __init__(self, model, examples, recipe, **options):
            seen.append(recipe)
            super().__init__(model, examples, recipe, **options)

    monkeypatch.setattr(preflight, "Learner", Seen)
    cached = {"text_mode": "cached", "image_mode": "cached", "latent_mixup": 1.0}
    for words in ({"projection_epochs": 3}, cached):
        overfit(build(BERT, VIT), examples, replace(RECIPE, **words), seconds=0.05)
    assert [(one.projection_epochs, one.latent_mixup) for one in seen] == [(0, 0), (0, 0)]


def first_losses(recipe, examples, monkeypatch):
    """Of so few steps that rounding has not yet grown."""
    return [one.loss for one in steps_of(recipe, examples, monkeypatch)[:20]]


def steps_of(recipe, examples, monkeypatch, **options):
    steps, step = [], Learner.step

    def spy(self, batch, number):
        steps.append(step(self, batch, number))
        return steps[-1]

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "step", spy)
        overfit(build(BERT, VIT), examples, recipe, **{"seconds": 1, **options})
    return steps


def test_rates_rise_for_twenty_steps_and_stay_at_their_peak(examples, monkeypatch):
    """A tower from scratch that starts at its peak may never learn; a falling rate would end it."""
    monkeypatch.setattr(preflight, "ACCURACY_THRESHOLD", 2.0)  # the clock alone ends it
    rates = [one.learning_rate for one in steps_of(RECIPE, examples, monkeypatch, seconds=3)]
    assert len(rates) > 20
    np.testing.assert_allclose(rates[:20], 2e-3 * np.arange(1, 21) / 20)
    np.testing.assert_allclose(rates[20:], 2e-3, rtol=1e-2)


@pytest.mark.parametrize("side", ["image_mode", "text_mode"])
def test_a_cached_encoder_learns_as_a_frozen_one_does(side, examples, monkeypatch):
    frozen, cached, trained = (
        first_losses(replace(RECIPE, crop=0.2, **{side: mode}), examples, monkeypatch)
        for mode in ("frozen", "cached", "train")
    )
    count = min(len(frozen), len(cached), len(trained))  # the clock ends them
    np.testing.assert_allclose(cached[:count], frozen[:count], rtol=1e-5)
    assert trained[:count] != pytest.approx(frozen[:count], rel=1e-5)


@pytest.mark.parametrize("device", DEVICES)
def test_the_global_generators_are_left_as_they_were(device, examples):
    before = torch.get_rng_state(), *torch.cuda.get_rng_state_all()
    overfit(build(BERT, VIT), examples, RECIPE, seconds=1, device=device)
    after = torch.get_rng_state(), *torch.cuda.get_rng_state_all()
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
