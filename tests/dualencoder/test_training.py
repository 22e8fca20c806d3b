import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from shopclip.dualencoder import Examples, Recipe, TrainingError, TrainingLog, fit
from shopclip.dualencoder.tokenization import Tokens
from shopclip.metrics.ranks import rank
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT, accuracy, build

RECIPE = Recipe(
    epochs=12,
    batch_size=16,
    text_learning_rate=2e-3,
    image_learning_rate=2e-3,
    projection_learning_rate=2e-3,
)


@pytest.mark.parametrize(("text", "image"), [(BERT, RESNET), (GPT, VIT)])
def test_learns_to_tell_four_colours_apart(text, image, examples):
    model = build(text, image)
    steps = fit(model, examples, RECIPE).steps
    captions = model.embed_captions(examples.captions)
    nearest = (model.embed_images(examples.images) @ captions.T).argmax(axis=1)
    assert (nearest == examples.caption_ids).mean() > 0.9
    assert steps[-1].loss < steps[0].loss


@pytest.mark.parametrize(("text", "image"), [(BERT, RESNET), (GPT, VIT)])
def test_siglip_learns_to_tell_four_colours_apart(text, image, examples):
    model = build(text, image, loss="siglip")
    log = fit(model, examples, replace(RECIPE, loss="siglip", epochs=20))
    assert accuracy(model, examples) > 0.9
    assert model.temperature.bias.item() != -10
    losses = [epoch.loss for epoch in log.epochs]
    assert losses[-1] < 0.6 * log.epochs[-1].chance_loss
    assert losses[-1] < losses[0]


def test_the_same_seed_gives_the_same_weights_to_the_last_bit(examples):
    models = [build(BERT, VIT), build(BERT, VIT)]
    for model in models:
        torch.manual_seed(int(torch.randint(1000, ()).item()))  # what ran before does not matter
        fit(model, examples, Recipe(epochs=2, batch_size=16), seed=3)
    first, second = (model.state_dict() for model in models)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_another_seed_gives_other_weights(examples):
    models = [build(BERT, RESNET), build(BERT, RESNET)]
    for seed, model in enumerate(models):
        fit(model, examples, Recipe(epochs=1, batch_size=16), seed=seed)
    first, second = (model.embed_images(examples.images[:4]) for model in models)
    assert not np.array_equal(first, second)


def test_leaves_the_global_random_state_alone(examples):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    fit(build(BERT, RESNET), examples, Recipe(epochs=1, batch_size=32))
    assert torch.equal(torch.rand(3), expected)


def test_logs_every_step_with_the_schedule_of_the_recipe(examples, model):
    steps = fit(model, examples, Recipe(epochs=5, batch_size=16, warmup=0.2)).steps
    assert [step.step for step in steps] == list(range(20))
    rates = [step.learning_rate for step in steps]
    assert max(rates) == pytest.approx(Recipe().projection_learning_rate)
    assert rates[:4] == sorted(rates[:4])
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert steps[0].chance_loss == pytest.approx(math.log(16))


def test_zero_epochs_keep_the_model_as_it_is(examples, model):
    before = model.embed_images(examples.images[:4])
    assert fit(model, examples, Recipe(epochs=0)) == TrainingLog()
    assert np.array_equal(model.embed_images(examples.images[:4]), before)


def test_a_batch_larger_than_the_catalogue_is_the_whole_catalogue(examples, model):
    steps = fit(model, examples, Recipe(epochs=1, batch_size=10_000)).steps
    assert len(steps) == 1
    assert steps[0].chance_loss == pytest.approx(math.log(64))


def test_one_example_cannot_be_contrasted(examples, model):
    one = Examples(examples.images, np.array([0]), np.array([0]), examples.captions)
    with pytest.raises(TrainingError, match="at least 2 examples, got 1"):
        fit(model, one, RECIPE)


def test_a_loss_that_is_not_finite_stops_training_and_says_where(examples, model):
    model.image.projection[1].weight.data.fill_(float("nan"))
    with pytest.raises(TrainingError, match="nan at step 0"):
        fit(model, examples, RECIPE)


def test_trained_embeddings_rank_better_than_chance(examples):
    model = build(BERT, RESNET)
    fit(model, examples, RECIPE)
    texts = model.embed_captions(examples.captions)[examples.caption_ids]
    hits = rank(model.embed_images(examples.images), texts).hits(16)
    assert hits.mean() > 0.8  # 16 of 64 products bear each caption: chance is a quarter


def with_variants(examples, captions, variants):
    return replace(examples, captions=captions, variants=np.array(variants, dtype=np.int64))


def test_variants_take_the_place_of_captions_and_every_one_is_drawn(examples, model, monkeypatch):
    seen = []
    original = Tokens.batch

    def spy(self, rows, device="cpu"):
        if model.training:  # after an epoch the raw captions are looked at
            seen.extend(rows.tolist())
        return original(self, rows, device)

    monkeypatch.setattr(Tokens, "batch", spy)
    more = (*examples.captions, *(f"{c}, {word}" for c in examples.captions for word in "xyz"))
    own = [[4 + 3 * number + k for k in range(3)] for number in examples.caption_ids]
    fit(model, with_variants(examples, more, own), Recipe(epochs=4, batch_size=16))
    assert set(seen) == set(range(4, 16))


def test_variants_are_drawn_from_the_seed(examples):
    more = (*examples.captions, "one", "two")
    enriched = with_variants(examples, more, [[4, 5]] * len(examples))
    models = [build(BERT, RESNET) for _ in range(3)]
    for model, seed in zip(models, (0, 0, 1), strict=True):
        fit(model, enriched, Recipe(epochs=1, batch_size=16), seed=seed)
    first, again, other = (model.embed_captions(["one"]) for model in models)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_variants_that_are_the_captions_learn_as_the_captions_do(examples):
    model = build(BERT, RESNET)
    same = with_variants(examples, examples.captions, examples.caption_ids[:, None])
    fit(model, same, RECIPE)
    nearest = (
        model.embed_images(examples.images) @ model.embed_captions(examples.captions).T
    ).argmax(axis=1)
    assert (nearest == examples.caption_ids).mean() > 0.9
