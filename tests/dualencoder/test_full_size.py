"""The encoders of the paper at their own size, with random weights: they fit together and learn."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from shopclip.dualencoder import DualEncoder, Examples, ImageEncoder, Recipe, TextEncoder, fit
from tests.conftest import noise

pytestmark = pytest.mark.slow

TEXTS = {
    "bert": TextEncoder(config={"model_type": "bert"}, vocab_size=300),
    "gpt": TextEncoder(config={"model_type": "gpt2"}, vocab_size=300),
}
IMAGES = {
    "resnet": ImageEncoder(config={"model_type": "resnet"}),
    "vit": ImageEncoder(config={"model_type": "vit"}),
}
PARAMETERS = {"bert": 85.7e6, "gpt": 86.1e6, "resnet": 23.5e6, "vit": 85.8e6}
RECIPE = Recipe(epochs=1, batch_size=2, text_learning_rate=1e-5, image_learning_rate=1e-5, warmup=0)


@pytest.fixture(scope="module")
def examples():
    """Four pictures as the small catalogue has them, with captions of their own."""
    numbers = np.arange(4)
    captions = tuple(f"Arden Men Blue Shirt No {number}" for number in numbers)
    return Examples(noise(4, 80, 60), numbers, numbers, captions)


def build(text, image, examples):
    return DualEncoder.build(
        TEXTS[text], IMAGES[image], captions=examples.captions, size=(224, 224), temperature=1.0
    )


def size(encoder):
    return sum(weight.numel() for weight in encoder.parameters())


@pytest.mark.parametrize(("text", "image"), [("bert", "resnet"), ("bert", "vit"), ("gpt", "vit")])
def test_the_papers_pairs_take_two_steps_from_chance(text, image, examples):
    model = build(text, image, examples)
    assert size(model.text.encoder) == pytest.approx(PARAMETERS[text], rel=0.02)
    assert size(model.image.encoder) == pytest.approx(PARAMETERS[image], rel=0.02)
    before = model.image.projection[1].weight.detach().clone()
    log = fit(model, examples, RECIPE)
    assert len(log.steps) == 2
    for step in log.steps:
        assert step.chance_loss == pytest.approx(math.log(2))
        assert step.loss == pytest.approx(step.chance_loss, rel=0.5)
        assert 0 < step.gradient_norm < math.inf
    assert not torch.equal(model.image.projection[1].weight, before)
    for embeddings in (
        model.embed_images(examples.images[:2]),
        model.embed_captions(examples.captions[:2]),
    ):
        assert embeddings.shape == (2, 128)
        np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_gradient_caching_takes_the_same_step_at_full_size(examples):
    few = replace(examples, rows=examples.rows[:3], caption_ids=examples.caption_ids[:3])
    frozen = replace(RECIPE, batch_size=3, text_mode="frozen")  # without dropout in either tower
    logs = [
        fit(build("gpt", "vit", examples), few, replace(frozen, micro_batch=micro_batch))
        for micro_batch in (None, 2)
    ]
    whole, cached = (log.steps[0] for log in logs)
    assert cached.loss == pytest.approx(whole.loss, rel=1e-4)
    assert cached.gradient_norm == pytest.approx(whole.gradient_norm, rel=1e-3)
