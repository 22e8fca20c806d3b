import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from shopclip.dualencoder import Recipe, fit
from shopclip.dualencoder.gradient_cache import Side, backward
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.losses import LOSSES
from tests.dualencoder.conftest import (
    BERT,
    GPT,
    RESNET,
    VIT,
    build,
    differing,
    still,
    subset,
    weights,
)

UNCLIPPED = {"batch_size": 64, "max_gradient_norm": 1e9, "crop": 1, "flip": False}


def first_step(model, examples, **options):
    """The logged step, and the gradients that it left."""
    learner = Learner(model, examples, Recipe(**UNCLIPPED, **options), seed=1)
    ((number, batch),) = learner.batches(0, 1)
    step = learner.step(batch, number)
    return step, {name: weight.grad for name, weight in model.named_parameters()}


class Tower(nn.Module):
    """(batch, 3) → unit vectors (batch, 4), in float64."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 4)).double()

    def forward(self, inputs):
        return F.normalize(self.layers(inputs), dim=-1)


def gradients(loss, batch, micro_batch, alone=False):
    """Of two towers, a scale and a bias, by a batch; `alone`: of micro-batches by themselves."""
    torch.manual_seed(0)
    model = nn.ModuleList([Tower(), Tower()])
    scale, bias = (torch.tensor(value).double().requires_grad_() for value in (2.0, -1.0))
    inputs = torch.randn(2, batch, 3, dtype=torch.float64)
    caption_ids = torch.randint(batch, (batch,))

    def learn(rows, micro_batch):
        sides = tuple(Side(one, (part[rows],)) for one, part in zip(model, inputs, strict=True))
        return backward(
            sides,
            lambda images, texts: LOSSES[loss].of(
                images @ texts.T * scale.exp() + bias, caption_ids[rows]
            ),
            micro_batch=micro_batch,
            scale=lambda value: 3 * value,
            model=model,
        )

    if alone:
        loss_value = sum(learn(rows, None) for rows in torch.arange(batch).split(micro_batch))
    else:
        loss_value = learn(torch.arange(batch), micro_batch)
    return loss_value, [weight.grad for weight in [*model.parameters(), scale, bias]]


@pytest.mark.parametrize("loss", LOSSES)
@given(batch=st.integers(2, 17), micro_batch=st.integers(1, 20))
@settings(deadline=None)
def test_any_micro_batch_gives_the_gradients_of_the_whole_batch(loss, batch, micro_batch):
    whole, expected = gradients(loss, batch, None)
    cached, found = gradients(loss, batch, micro_batch)
    torch.testing.assert_close(cached, whole, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
def test_plain_accumulation_gives_other_gradients(loss):
    _, expected = gradients(loss, 16, None)
    _, found = gradients(loss, 16, 4, alone=True)
    for one, other in zip(found, expected, strict=True):
        if other.abs().max() > 1e-9:  # the bias of InfoNCE has none
            assert F.cosine_similarity(one.flatten(), other.flatten(), dim=0) < 0.99 or (
                (one - other).norm() > 0.1 * other.norm()
            )


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("text", [BERT, GPT])
@pytest.mark.parametrize("micro_batch", [8, 27])
def test_real_towers_get_the_gradients_of_the_whole_batch(loss, text, micro_batch, examples):
    whole, expected = first_step(build(still(text), VIT, loss=loss), examples, loss=loss)
    model = build(still(text), VIT, loss=loss)
    cached, found = first_step(model, examples, loss=loss, micro_batch=micro_batch)
    assert cached.loss == pytest.approx(whole.loss, rel=1e-6)
    assert cached.gradient_norm == pytest.approx(whole.gradient_norm, rel=1e-5)
    assert ("temperature.bias" in found) == (loss == "siglip")
    largest = max(gradient.abs().max().item() for gradient in expected.values())
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6 * largest, msg=name)


def test_a_whole_training_with_micro_batches_ends_with_close_weights(examples):
    # AdamW turns gradients that are zero but for rounding into steps, unless eps is above them.
    options = {"epochs": 3, "batch_size": 16, "eps": 1e-3}
    models = [build(still(GPT), VIT) for _ in range(2)]
    logs = [
        fit(model, examples, Recipe(micro_batch=micro_batch, **options), seed=2)
        for model, micro_batch in zip(models, (None, 5), strict=True)
    ]
    losses = [[step.loss for step in log.steps] for log in logs]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
    whole, cached = (weights(model) for model in models)
    torch.testing.assert_close(cached, whole, rtol=1e-3, atol=1e-4)
    assert differing(whole, weights(build(still(GPT), VIT)))


def spy_on_embeddings(monkeypatch):
    """Everything that the text tower says, and the state of the generator after it."""
    said, after = [], []
    embed = Learner._embed_texts

    def spy(self, *inputs):
        said.append(embed(self, *inputs))
        after.append(torch.get_rng_state())
        return said[-1]

    monkeypatch.setattr(Learner, "_embed_texts", spy)
    return said, after


@pytest.mark.parametrize("text", [BERT, GPT])
def test_both_passes_have_the_same_dropout(text, examples, monkeypatch):
    said, _ = spy_on_embeddings(monkeypatch)
    first_step(build(text, VIT), examples, micro_batch=16)
    assert len(said) == 8
    assert all(torch.equal(one, other) for one, other in zip(said[:4], said[4:], strict=True))
    assert not any(one.requires_grad for one in said[:4])
    assert all(one.requires_grad for one in said[4:])


def test_micro_batches_have_dropout_of_their_own(examples, monkeypatch):
    said, _ = spy_on_embeddings(monkeypatch)
    same = subset(examples, np.zeros(64, dtype=int))
    first_step(build(BERT, VIT), same, micro_batch=16)
    assert len({tuple(row.tolist()) for one in said[:4] for row in one}) > 48


def test_the_second_pass_leaves_the_generator_where_the_first_did(examples, monkeypatch):
    _, after = spy_on_embeddings(monkeypatch)
    first_step(build(BERT, VIT), examples, micro_batch=16)
    assert len(after) == 8
    assert not torch.equal(after[3], after[0])
    assert torch.equal(torch.get_rng_state(), after[3])


def test_batch_statistics_see_every_example_once(examples):
    cached = build(BERT, RESNET)
    first_step(cached, examples, micro_batch=16)
    naive = build(BERT, RESNET)
    learner = Learner(naive, examples, Recipe(**UNCLIPPED), seed=1)
    naive.train()
    ((_, batch),) = learner.batches(0, 1)
    for part in batch.images[0].split(16):
        naive.image(part)
    expected = dict(naive.image.named_buffers())
    assert any("num_batches_tracked" in name for name in expected)
    for name, value in cached.image.named_buffers():
        torch.testing.assert_close(value, expected[name], rtol=1e-5, atol=1e-6, msg=name)


@pytest.mark.parametrize(("text", "image"), [(BERT, VIT), (still(BERT), RESNET)])
def test_dropout_and_batch_norms_make_micro_batches_another_training(text, image, examples):
    whole, cached = (
        first_step(build(text, image), examples, micro_batch=size)[0].loss for size in (None, 16)
    )
    assert cached != pytest.approx(whole, rel=1e-4)  # without them they are equal to 1e-6
    assert cached == pytest.approx(whole, rel=0.2)


def test_cumulative_batch_statistics_count_every_micro_batch_once():
    norm = nn.BatchNorm1d(3, momentum=None)
    model = nn.ModuleList([norm, nn.Linear(3, 3)])
    inputs = torch.randn(8, 3) + 5
    sides = tuple(Side(one, (inputs,)) for one in model)
    backward(
        sides,
        lambda images, texts: (images * texts).sum(),
        micro_batch=2,
        scale=lambda loss: loss,
        model=model,
    )
    assert norm.num_batches_tracked == 4
    torch.testing.assert_close(norm.running_mean, inputs.mean(dim=0))
    assert norm.training
    assert norm.track_running_stats


def test_frozen_batch_statistics_are_used_in_both_passes(examples):
    frozen = {"image_mode": "frozen"}
    whole, expected = first_step(build(still(BERT), RESNET), examples, **frozen)
    cached, found = first_step(build(still(BERT), RESNET), examples, **frozen, micro_batch=9)
    assert cached.loss == pytest.approx(whole.loss, rel=1e-6)
    torch.testing.assert_close(
        found["image.projection.1.weight"],
        expected["image.projection.1.weight"],
        rtol=1e-4,
        atol=1e-6,
    )
