from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shopclip.dualencoder import Examples, Recipe
from shopclip.dualencoder.learner import Learner
from tests.dualencoder.conftest import (
    BERT,
    GPT,
    RESNET,
    VIT,
    build,
    differing,
    still,
    subset,
    varied,
    weights,
)

ROUGH = {"crop": 0.5, "flip": True, "jitter": 0.2}


def tell_apart(examples):
    """Examples whose captions are all different, so that a batch says who is in it."""
    captions = tuple(f"caption {number}" for number in range(64))
    return replace(examples, caption_ids=np.arange(64), captions=captions)


@pytest.fixture(scope="module")
def towers():
    return build(BERT, RESNET)


def learner(model, examples, seed=0, **options):
    return Learner(model, examples, Recipe(**{"batch_size": 16, **options}), seed=seed)


def order(one, epoch):
    """The examples of an epoch in the order of its batches."""
    first = epoch * one.per_epoch
    batches = one.batches(first, first + one.per_epoch)
    return [number for _, batch in batches for number in batch.caption_ids.tolist()]


def everything(batch):
    return *batch.images, *batch.texts, batch.caption_ids


def same(one, other):
    return all(
        first.shape == second.shape and torch.equal(first, second)
        for first, second in zip(everything(one), everything(other), strict=True)
    )


def test_an_epoch_is_a_permutation_that_differs_between_epochs_and_seeds(examples, towers):
    one = learner(towers, tell_apart(examples))
    orders = [order(one, epoch) for epoch in range(3)]
    orders.append(order(learner(towers, tell_apart(examples), seed=1), 0))
    assert all(sorted(found) == list(range(64)) for found in orders)
    assert len({tuple(found) for found in orders}) == 4
    assert order(learner(towers, tell_apart(examples)), 1) == orders[1]


@given(count=st.integers(2, 64), batch_size=st.integers(2, 80))
@settings(deadline=None)
def test_an_epoch_has_whole_batches_of_examples_that_come_once(count, batch_size, towers, examples):
    few = subset(tell_apart(examples), np.arange(count))
    one = learner(towers, few, batch_size=batch_size, epochs=3)
    found = order(one, 0)
    assert one.batch_size == min(batch_size, count)
    assert one.per_epoch == count // one.batch_size
    assert one.steps == 3 * one.per_epoch
    assert len(found) == len(set(found)) == one.per_epoch * one.batch_size


def test_what_is_left_over_in_one_epoch_has_its_turn_in_another(examples, towers):
    one = learner(towers, tell_apart(examples), batch_size=60)
    seen = {number for epoch in range(10) for number in order(one, epoch)}
    assert seen == set(range(64))


@pytest.mark.parametrize("first", [0, 1, 3, 4, 5, 7])
def test_batches_from_the_middle_are_the_tail_of_the_whole_epoch(first, examples, towers):
    one = learner(towers, varied(examples), **ROUGH)
    start = first // 4 * 4
    whole = list(one.batches(start, start + 4))
    tail = list(learner(towers, varied(examples), **ROUGH).batches(first, start + 4))
    assert [number for number, _ in tail] == list(range(first, start + 4))
    for (_, expected), (_, found) in zip(whole[first - start :], tail, strict=True):
        assert same(expected, found)


def test_no_batches_are_left_at_the_end_of_an_epoch(examples, towers):
    assert list(learner(towers, examples).batches(4, 4)) == []


def test_augmentation_depends_on_the_seed_and_the_step_alone(examples, towers):
    flat = subset(examples, np.zeros(64, dtype=int))  # whatever the order, the same pictures

    def pictures(seed, step):
        torch.manual_seed(int(torch.randint(1000, ()).item()))  # does not matter
        one = learner(towers, flat, seed=seed, batch_size=64, **ROUGH)
        ((_, batch),) = one.batches(step, step + 1)
        return batch.images[0]

    first = pictures(0, 3)
    assert torch.equal(first, pictures(0, 3))
    for other in (pictures(0, 4), pictures(1, 3)):
        assert first.shape != other.shape or not torch.equal(first, other)


def test_order_augmentation_and_dropout_do_not_share_their_chance(towers, examples):
    one = learner(towers, examples)
    seeds = [
        one._generator(purpose, number).initial_seed()
        for purpose in ("order", "augmentation", "dropout")
        for number in range(50)
    ]
    assert len(set(seeds)) == 150


def test_dropout_of_a_step_depends_on_the_seed_and_the_step_alone(examples):
    def stepped(seed, number):
        model = build(BERT, VIT)
        one = learner(model, examples, seed=seed, batch_size=64, warmup=0)
        batch = one._take(np.arange(64), 0)
        torch.rand(int(torch.randint(100, ()).item()))  # does not matter
        return one.step(batch, number).loss

    assert stepped(0, 0) == stepped(0, 0)
    assert len({stepped(0, 0), stepped(0, 1), stepped(1, 0)}) == 3


def test_a_step_trains_even_after_a_look_in_evaluation(examples):
    model = build(BERT, RESNET)
    one = learner(model, examples)
    ((number, batch),) = one.batches(0, 1)
    model.embed_images(examples.images[:2])
    assert not model.training
    before = weights(model)
    one.step(batch, number)
    assert model.text.encoder.training
    changed = differing(before, weights(model))
    assert [name for name in changed if "running_mean" in name]


def test_a_step_logs_what_it_did(examples):
    model = build(still(BERT), VIT)
    one = learner(model, examples, epochs=5, batch_size=64, warmup=0, max_gradient_norm=0.5)
    ((number, batch),) = one.batches(0, 1)
    model.eval()
    with torch.no_grad():
        logits = model(batch.images[0], *batch.texts)
    step = one.step(batch, number)
    assert step.loss == pytest.approx(one._loss.of(logits, batch.caption_ids).item(), rel=1e-5)
    assert step.learning_rate == pytest.approx(Recipe().projection_learning_rate)
    assert step.temperature == pytest.approx(1 / model.temperature.scale.item())
    assert step.gradient_norm > 0.5  # before it is clipped
    clipped = torch.stack([weight.grad.norm() for weight in model.parameters()]).norm()
    assert clipped.item() == pytest.approx(0.5, rel=1e-3)


def test_a_step_pulls_the_scale_below_its_limit(examples):
    model = build(BERT, VIT)
    model.temperature.log_scale.data.fill_(9.0)
    one = learner(model, examples)
    ((number, batch),) = one.batches(0, 1)
    step = one.step(batch, number)
    assert model.temperature.log_scale.exp().item() <= 100
    assert step.temperature == pytest.approx(0.01)


def test_switching_a_mode_off_again_lets_the_encoder_learn(examples):
    model = build(GPT, VIT)
    learner(model, examples, text_mode="frozen", image_mode="cached")
    assert not any(weight.requires_grad for weight in model.text.encoder.parameters())
    learner(model, examples)
    assert all(weight.requires_grad for weight in model.parameters())


def test_pictures_need_not_be_in_memory(examples, tmp_path):
    np.save(tmp_path / "images.npy", examples.images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    stored = Examples(mapped, examples.rows, examples.caption_ids, examples.captions)
    batches = [list(learner(build(BERT, RESNET), one).batches(0, 4)) for one in (examples, stored)]
    assert all(same(one, other) for (_, one), (_, other) in zip(*batches, strict=True))
