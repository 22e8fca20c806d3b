"""Projections first, then all; and FuseMix on frozen features."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from shopclip.dualencoder import Recipe, TrainingError, fit
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.optimizer import set_learning_rates, share_of_peak
from shopclip.dualencoder.towers import OwnProjection
from tests.dualencoder.conftest import (
    BERT,
    GPT,
    RESNET,
    VIT,
    StoppedError,
    build,
    differing,
    differing_when_resumed,
    stop_after,
    weights,
)

FIRST = Recipe(epochs=3, batch_size=16, projection_epochs=1)
MIXED = Recipe(epochs=1, batch_size=16, text_mode="cached", image_mode="cached", latent_mixup=1.0)


def test_in_the_first_epochs_projections_learn_alone(examples):
    model = build(BERT, RESNET)
    before = weights(model)
    with pytest.raises(StoppedError):
        fit(model, examples, FIRST, after_epoch=stop_after(1))
    changed = differing(before, weights(model))
    assert changed
    assert not [name for name in changed if ".encoder." in name]  # batch norms rest as well
    with pytest.raises(StoppedError):
        fit(model, examples, FIRST, after_epoch=stop_after(2))
    assert [name for name in differing(before, weights(model)) if ".encoder." in name]


@pytest.mark.parametrize("unlocked", [1, 2])
def test_blocks_from_the_top_learn_and_those_below_stay(unlocked, examples):
    model = build(GPT, RESNET)
    before = weights(model)
    fit(model, examples, Recipe(epochs=1, batch_size=16, unlocked_layers=unlocked))
    changed = [n for n in differing(before, weights(model)) if n.startswith("text.encoder.")]
    blocks = {name.split(".")[3] for name in changed if name.startswith("text.encoder.h.")}
    assert blocks == {str(1 - number) for number in range(unlocked)}
    assert "text.encoder.ln_f.weight" in changed
    assert "text.encoder.wte.weight" not in changed
    stages = {n.split(".")[4] for n in differing(before, weights(model)) if "stages" in n
              and n.endswith("convolution.weight")}  # fmt: skip
    assert stages == {str(1 - number) for number in range(unlocked)}


def test_encoders_warm_up_when_their_turn_comes(examples):
    learner = Learner(build(BERT, RESNET), examples, replace(FIRST, image_learning_rate=5e-4))
    optimizer, per_epoch = learner.optimizer, learner.per_epoch
    for step in range(learner.steps):
        set_learning_rates(optimizer, step, steps=learner.steps, warmup=0.5)
        for group in optimizer.param_groups:
            late = group["begins"]
            share = share_of_peak(step - late, steps=learner.steps - late, warmup=0.5)
            assert group["lr"] == (0 if step < late else share * group["peak"])
    assert {group["begins"] for group in optimizer.param_groups} == {0, per_epoch}


@pytest.mark.parametrize("epochs", [1, 2])
def test_a_killed_training_goes_on_to_the_same_bits(epochs, examples, tmp_path):
    assert not differing_when_resumed((GPT, VIT), examples, FIRST, tmp_path, epochs=epochs)


def test_features_are_mixed_by_one_share_on_both_sides(examples):
    learner = Learner(build(BERT, RESNET), examples, MIXED, seed=1)
    plain = Learner(build(BERT, RESNET), examples, replace(MIXED, latent_mixup=0.0), seed=1)
    ((_, mixed),) = list(learner.batches(0, 1))
    ((_, own),) = list(plain.batches(0, 1))
    images, texts = own.images[0], own.texts[0]
    # The share and the partner of every example, found from the pictures alone …
    partner, share = found(images, mixed.images[0])
    assert 0 < share < 1
    # … explain the captions as well.
    expected = share * texts + (1 - share) * texts[partner]
    torch.testing.assert_close(mixed.texts[0], expected, atol=1e-4, rtol=1e-4)
    both = [
        (int(a), int(own.caption_ids[b])) for a, b in zip(own.caption_ids, partner, strict=True)
    ]
    for one in range(len(both)):
        for other in range(len(both)):
            same = bool(mixed.caption_ids[one] == mixed.caption_ids[other])
            assert same == (both[one] == both[other])


def found(own, mixed):
    """By least squares, the partner and the share that explain each mixed row best."""
    partners, shares = [], []
    for row, result in zip(own, mixed, strict=True):
        away = row - own  # result = other + share * (row - other)
        norm = away.square().sum(dim=1).clip(min=1e-9)
        share = ((result - own) * away).sum(dim=1) / norm
        error = (own + share[:, None] * away - result).square().sum(dim=1)
        error[norm <= 1e-9] = (row - result).square().sum()
        partners.append(int(error.argmin()))
        shares.append(float(share[partners[-1]]))
    return np.array(partners), float(np.median(shares))


def test_the_mixture_follows_from_seed_and_step_alone(examples):
    losses = [
        [step.loss for step in fit(build(BERT, RESNET), examples, MIXED, seed=seed).steps]
        for seed in (1, 1, 2)
    ]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


@pytest.mark.parametrize("recipe", [FIRST, MIXED])
def test_a_model_whose_encoders_end_in_the_projection_is_one_line(recipe, examples):
    model = build(BERT, RESNET)
    model.text.projection = model.image.projection = OwnProjection(None)
    word = "projection_epochs" if recipe is FIRST else "latent_mixup"
    with pytest.raises(TrainingError, match=f"set {word} to 0"):
        fit(model, examples, recipe)
    model.image.projection = build(BERT, RESNET).image.projection  # one is enough to learn
    model.text.projection = OwnProjection(torch.nn.Linear(32, 16, bias=False))
    fit(model, examples, recipe, after_epoch=lambda _: None)


FROZEN = {"text_mode": "frozen", "image_mode": "frozen"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"latent_mixup": 1.0}, "cached"),
        (
            {
                **dict.fromkeys(("text_mode", "image_mode"), "cached"),
                "latent_mixup": 1.0,
                "teacher": "a",
            },
            "teacher has said nothing",
        ),
        ({"projection_epochs": 12}, "projection_epochs is 12"),
        ({"layer_decay": 0.5, **FROZEN}, "both are frozen"),
        ({"unlocked_layers": 2, **FROZEN}, "both are frozen"),
        ({"unlocked_layers": 2, "text_mode": "lora", "image_mode": "lora"}, "in mode train"),
        ({"projection_epochs": 1, **FROZEN}, "both are frozen"),
        ({"layer_decay": 0.0}, "layer_decay"),
        ({"layer_decay": 1.5}, "layer_decay"),
    ],
)  # fmt: skip
def test_a_word_without_effect_is_refused(words, expected):
    with pytest.raises(ValidationError, match=expected):
        Recipe(**words)
