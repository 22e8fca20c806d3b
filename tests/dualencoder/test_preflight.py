from dataclasses import replace

import numpy as np
import pytest

from shopclip.dualencoder import Recipe
from shopclip.dualencoder.preflight import overfit
from tests.dualencoder.conftest import BERT, VIT, build

RECIPE = Recipe(
    batch_size=4, text_learning_rate=2e-3, image_learning_rate=2e-3, projection_learning_rate=2e-3
)


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


def test_a_cached_encoder_learns_as_a_frozen_one_does(examples):
    frozen = replace(RECIPE, image_mode="frozen")
    cached = replace(RECIPE, image_mode="cached")
    found = [overfit(build(BERT, VIT), examples, recipe, seconds=30) for recipe in (frozen, cached)]
    assert found[0].steps == found[1].steps
    assert found[0].loss == pytest.approx(found[1].loss, rel=1e-4)
