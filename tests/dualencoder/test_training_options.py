"""Options that change how a step is computed, and not what comes out of it."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch._dynamo.testing import CompileCounter

from shopclip.dualencoder import Recipe, fit
from shopclip.dualencoder.devices import Precision
from shopclip.dualencoder.feeds import build_feeds
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.parallel.workers import BatchShard, Workers
from tests.dualencoder.conftest import (
    BERT,
    GPT,
    RESNET,
    VIT,
    accuracy,
    build,
    differing,
    still,
    weights,
)

OPTIONS = {"epochs": 2, "batch_size": 16}


def losses(text, image, examples, **options):
    log = fit(build(text, image), examples, Recipe(**OPTIONS, **options), seed=4)
    return [step.loss for step in log.steps]


def gradients(text, image, examples, **options):
    """Of a whole batch, with dropout on; and the most bytes that were kept for them."""
    model = build(text, image)
    learner = Learner(model, examples, Recipe(batch_size=64, max_gradient_norm=1e9, **options))
    ((number, batch),) = learner.batches(0, 1)
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda tensor: kept.append(tensor.nbytes) or tensor, lambda tensor: tensor
    ):
        learner.step(batch, number)
    return {name: weight.grad for name, weight in model.named_parameters()}, sum(kept)


@pytest.mark.parametrize("text", [BERT, GPT])
def test_recomputed_activations_give_the_same_gradients(text, examples):
    expected, _ = gradients(text, VIT, examples)
    found, _ = gradients(text, VIT, examples, gradient_checkpointing=True)
    largest = max(gradient.abs().max().item() for gradient in expected.values())
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6 * largest, msg=name)


def test_activations_are_recomputed_in_every_epoch_and_with_micro_batches(examples, monkeypatch):
    from torch.utils import checkpoint

    calls = []
    original = checkpoint.checkpoint

    def spy(*arguments, **options):
        calls.append(torch.is_grad_enabled())
        return original(*arguments, **options)

    for module in ("torch.utils.checkpoint.checkpoint", "transformers.modeling_utils.checkpoint"):
        monkeypatch.setattr(module, spy, raising=False)
    options = {"gradient_checkpointing": True, "micro_batch": 8}
    found = losses(BERT, VIT, examples, **options)
    assert found == pytest.approx(losses(BERT, VIT, examples, micro_batch=8), rel=1e-4)
    assert sum(calls) >= 8 * 2 * 2  # steps, micro-batches, layers


def test_switching_recomputation_off_again_keeps_activations(examples):
    model = build(BERT, VIT)
    for wanted in (True, False):
        Learner(model, examples, Recipe(gradient_checkpointing=wanted))
        marks = [
            part.gradient_checkpointing
            for part in model.modules()
            if hasattr(part, "gradient_checkpointing")
        ]
        assert any(marks) == wanted


def test_a_resnet_keeps_its_activations_says_so_and_learns(examples, caplog):
    model = build(BERT, RESNET)
    recipe = Recipe(
        epochs=12,
        batch_size=16,
        gradient_checkpointing=True,
        text_learning_rate=2e-3,
        image_learning_rate=2e-3,
        projection_learning_rate=2e-3,
    )
    fit(model, examples, recipe)
    assert "ResNetModel keeps its activations: it cannot recompute them" in caplog.text
    assert "BertModel" not in caplog.text
    assert accuracy(model, examples) > 0.9


@pytest.mark.parametrize("image", [RESNET, VIT])
def test_the_layout_of_convolutions_changes_hardly_a_loss(image, examples):
    first, last = (losses(GPT, image, examples, channels_last=layout) for layout in (False, True))
    np.testing.assert_allclose(last, first, rtol=1e-3)


@pytest.mark.parametrize("wanted", [True, False])
def test_convolutions_are_laid_out_as_asked(wanted, examples):
    model = build(BERT, RESNET)
    model.image.to(memory_format=torch.channels_last)
    Learner(model, examples, Recipe(channels_last=wanted))
    weight = model.get_parameter("image.encoder.embedder.embedder.convolution.weight")
    assert weight.is_contiguous(memory_format=torch.channels_last) == wanted


@pytest.fixture
def compiled(monkeypatch):
    """Counts what torch.compile compiles, and leaves it as it is."""
    torch.compiler.reset()
    counter = CompileCounter()
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=counter))
    return counter


def test_crops_of_any_size_reach_one_compiled_image_encoder(examples, compiled):
    model = build(BERT, VIT)
    recipe = Recipe(compile=True, crop=0.5, batch_size=8)
    fp32 = Precision("fp32", torch.device("cpu"))
    images, _ = build_feeds(model, examples, recipe, fp32, None, Workers())
    sizes, graphs = set(), set()
    for step in range(8):
        taken = images.take(np.arange(8), torch.Generator().manual_seed(step), BatchShard.whole(8))
        sizes.add(taken[0].shape)
        np.testing.assert_allclose(
            images.embed(*taken).detach(), model.image(*taken).detach(), atol=1e-6
        )
        graphs.add(compiled.frame_count)
    assert len(sizes) > 3
    assert len(graphs) == 1
    assert graphs != {0}


def test_a_training_that_compiles_ends_with_a_plain_model_of_the_same_weights(examples, compiled):
    # AdamW turns gradients that are zero but for rounding into steps, unless eps is above them.
    recipe = Recipe(crop=0.5, eps=1e-3, **OPTIONS)
    plain, model = build(BERT, VIT), build(BERT, VIT)
    untrained, encoders = weights(plain), (model.image.encoder, model.text.encoder)
    fit(plain, examples, recipe, seed=4)
    fit(model, examples, replace(recipe, compile=True), seed=4)
    assert compiled.frame_count > 0
    assert (model.image.encoder, model.text.encoder) == encoders
    assert list(model.state_dict()) == list(plain.state_dict())
    torch.testing.assert_close(weights(model), weights(plain), rtol=1e-3, atol=1e-4)
    assert differing(untrained, weights(model))


def test_a_training_that_compiles_and_breaks_off_leaves_a_plain_model(
    examples, compiled, monkeypatch
):
    update = Learner._update

    def breaks(self, loss, number):
        return update(self, loss, number) if number < 2 else 1 / 0

    monkeypatch.setattr(Learner, "_update", breaks)
    model = build(BERT, VIT)
    names, encoders = list(model.state_dict()), (model.image.encoder, model.text.encoder)
    with pytest.raises(ZeroDivisionError):
        fit(model, examples, Recipe(compile=True, **OPTIONS))
    assert compiled.frame_count > 0
    assert (model.image.encoder, model.text.encoder) == encoders
    assert list(model.state_dict()) == names
    so_far = compiled.frame_count
    model.embed_images(examples.images)
    assert compiled.frame_count == so_far  # embedding is as plain as the model


@pytest.mark.slow
def test_compiled_towers_learn_as_plain_ones_do(examples):
    torch.compiler.reset()
    plain = {"crop": 1, "flip": False}
    first = losses(still(GPT), RESNET, examples, **plain)
    model = build(still(GPT), RESNET)
    names = list(model.state_dict())
    log = fit(model, examples, Recipe(compile=True, **plain, **OPTIONS), seed=4)
    np.testing.assert_allclose([step.loss for step in log.steps], first, rtol=1e-3)
    assert list(model.state_dict()) == names
