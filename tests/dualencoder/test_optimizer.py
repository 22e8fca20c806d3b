import math

import pytest

from shopclip.dualencoder import Recipe
from shopclip.dualencoder.optimizer import build_optimizer, set_learning_rates, share_of_peak


def test_parts_learn_at_their_own_rates_and_only_matrices_decay(model):
    recipe = Recipe(
        text_learning_rate=1e-4,
        image_learning_rate=1e-3,
        projection_learning_rate=1e-2,
        weight_decay=0.3,
    )
    rates = {"text.encoder": 1e-4, "image.encoder": 1e-3}
    groups = build_optimizer(model, recipe).param_groups
    found = {
        id(p): (group["lr"], group["weight_decay"]) for group in groups for p in group["params"]
    }
    for name, parameter in model.named_parameters():
        rate, decay = found[id(parameter)]
        assert rate == rates.get(".".join(name.split(".")[:2]), 1e-2), name
        assert decay == (0.3 if parameter.ndim > 1 else 0), name
    assert found[id(model.temperature.log_scale)] == (1e-2, 0)


def test_frozen_weights_are_left_out(model):
    model.text.requires_grad_(False)
    groups = build_optimizer(model, Recipe()).param_groups
    updated = {id(parameter) for group in groups for parameter in group["params"]}
    assert updated.isdisjoint(id(parameter) for parameter in model.text.parameters())


def test_the_schedule_by_hand():
    rates = [share_of_peak(step, steps=10, warmup=0.2) for step in range(10)]
    cosine = [0.5 * (1 + math.cos(math.pi * step / 8)) for step in range(8)]
    assert rates == pytest.approx([0.5, 1.0, *cosine])


def test_every_group_follows_the_schedule_from_its_own_peak(model):
    optimizer = build_optimizer(model, Recipe(text_learning_rate=1e-4, image_learning_rate=1e-3))
    peaks = [group["lr"] for group in optimizer.param_groups]
    assert set_learning_rates(optimizer, 0, steps=10, warmup=0.2) == pytest.approx(max(peaks) / 2)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx(
        [peak / 2 for peak in peaks]
    )
