import platform
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from shopclip.dualencoder import Recipe, devices, fit
from shopclip.dualencoder.devices import Precision, computes_in_bf16
from shopclip.dualencoder.learner import Learner
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT, accuracy, build, differing, weights

CPU = torch.device("cpu")
RECIPE = {
    "batch_size": 16,
    "text_learning_rate": 2e-3,
    "image_learning_rate": 2e-3,
    "projection_learning_rate": 2e-3,
}


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
@pytest.mark.parametrize(("text", "image", "epochs"), [(BERT, RESNET, 20), (GPT, VIT, 8)])
def test_half_precision_learns_to_tell_four_colours_apart(precision, text, image, epochs, examples):
    model = build(text, image)
    log = fit(model, examples, Recipe(precision=precision, epochs=epochs, **RECIPE))
    assert accuracy(model, examples) > 0.9
    assert log.epochs[-1].mrr > log.epochs[0].mrr
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_embeddings_are_unit_vectors_in_half_precision(precision, examples):
    model = build(GPT, VIT)
    with Precision(precision, CPU).autocast():
        images = model.embed_images(examples.images)
        texts = model.embed_captions(examples.captions)
    full = model.embed_images(examples.images)
    for embeddings in (images, texts):
        assert embeddings.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)
    assert not np.array_equal(images, full)
    np.testing.assert_allclose(images, full, atol=0.03)


def test_full_precision_casts_nothing_and_scales_nothing():
    precision = Precision("fp32", CPU)
    with precision.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
    assert precision.scaler.scale(torch.tensor(3.0)).item() == 3


def test_bf16_needs_no_scaler_and_fp16_has_one():
    assert not Precision("bf16", CPU).scaler.is_enabled()
    assert Precision("fp16", CPU).scaler.get_scale() > 1


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_the_loss_starts_the_same_in_every_precision(precision, examples):
    recipe = Recipe(epochs=1, batch_size=64, precision=precision)
    first = fit(build(BERT, VIT), examples, recipe).steps[0]
    reference = fit(build(BERT, VIT), examples, Recipe(epochs=1, batch_size=64)).steps[0]
    assert first.loss == pytest.approx(reference.loss, rel=0.02)
    if precision != "fp16":  # whose first scale is tried, and may be too large
        assert first.gradient_norm == pytest.approx(reference.gradient_norm, rel=0.1)


def test_micro_batches_in_bf16_give_nearly_the_gradient_of_the_whole_batch(examples):
    steps = [
        fit(build(GPT, VIT), examples, Recipe(epochs=1, batch_size=64, precision="bf16", **more))
        for more in ({}, {"micro_batch": 64}, {"micro_batch": 16})
    ]
    whole, all_at_once, cached = (log.steps[0] for log in steps)
    assert (all_at_once.loss, all_at_once.gradient_norm) == (whole.loss, whole.gradient_norm)
    assert cached.loss == pytest.approx(whole.loss, rel=0.05)
    assert cached.gradient_norm == pytest.approx(whole.gradient_norm, rel=0.3)


@pytest.mark.parametrize("micro_batch", [None, 8])
def test_a_step_whose_scaled_gradient_overflows_is_left_out_and_training_goes_on(
    micro_batch, examples
):
    model = build(BERT, VIT)
    recipe = Recipe(batch_size=16, precision="fp16", micro_batch=micro_batch)
    learner = Learner(model, examples, recipe)
    learner.precision.scaler = torch.amp.GradScaler(
        "cpu", init_scale=2.0**120, backoff_factor=2.0**-110
    )
    before = weights(model)
    (first, batch), (second, other) = learner.batches(0, 2)
    left_out = learner.step(batch, first)
    assert not np.isfinite(left_out.gradient_norm)
    assert np.isfinite(left_out.loss)
    assert differing(before, weights(model)) == []
    assert learner.precision.scaler.get_scale() == 2.0**10
    step = learner.step(other, second)
    assert np.isfinite(step.gradient_norm)
    after = weights(model)
    assert len(differing(before, after)) > 10
    assert all(value.isfinite().all() for value in after.values())


@pytest.mark.parametrize(("native", "chosen"), [(True, "bf16"), (False, "fp32")])
def test_auto_is_bf16_where_the_device_computes_in_it(native, chosen, monkeypatch):
    monkeypatch.setattr(devices, "computes_in_bf16", lambda device: native)
    precision = Precision("auto", CPU)
    assert precision.name == chosen
    with precision.autocast():
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == devices.DTYPES[chosen]
    assert not precision.scaler.is_enabled()


@pytest.mark.parametrize(("native", "warnings"), [(True, 0), (False, 1)])
def test_bf16_that_the_device_emulates_is_warned_of(native, warnings, monkeypatch, caplog):
    monkeypatch.setattr(devices, "computes_in_bf16", lambda device: native)
    assert Precision("bf16", CPU).name == "bf16"
    assert [record.levelname for record in caplog.records] == ["WARNING"] * warnings
    if warnings:
        assert "this CPU only emulates" in caplog.text


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="flags of x86, as Linux has them",
)
def test_a_cpu_computes_in_bf16_from_avx_512_on():
    flags = Path("/proc/cpuinfo").read_text("utf-8").split()
    assert computes_in_bf16(CPU) == ("avx512bw" in flags)
