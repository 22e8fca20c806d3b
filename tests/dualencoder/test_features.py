from dataclasses import replace

import numpy as np
import pytest
import torch

from shopclip.dualencoder import Examples, Recipe, fit
from shopclip.dualencoder.devices import Precision
from shopclip.dualencoder.features import BATCH, image_features, text_features
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.preprocessing import PixelValues
from shopclip.dualencoder.towers import ImageTower, TextTower
from tests.conftest import noise
from tests.dualencoder.conftest import (
    BERT,
    GPT,
    RESNET,
    VIT,
    build,
    differing,
    still,
    varied,
    weights,
)

FP32 = Precision("fp32", torch.device("cpu"))
PLAIN = {"epochs": 3, "batch_size": 16, "crop": 1, "flip": False}
CACHED = Recipe(text_mode="cached", image_mode="cached", **PLAIN)
FROZEN = Recipe(text_mode="frozen", image_mode="frozen", **PLAIN)


def spy_on_features(monkeypatch):
    """How often either tower computed features."""
    calls = []
    for kind in (ImageTower, TextTower):
        original = kind.features

        def spy(self, *inputs, _original=original):
            calls.append(type(self).__name__)
            return _original(self, *inputs)

        monkeypatch.setattr(kind, "features", spy)
    return calls


def encoder_weights(model):
    return {
        name: value for name, value in weights(model).items() if name.split(".")[1] == "encoder"
    }


@pytest.mark.parametrize("mode", ["frozen", "cached"])
@pytest.mark.parametrize(("text", "image"), [(BERT, RESNET), (GPT, VIT)])
def test_the_encoders_stay_as_they_are_and_the_projections_learn(mode, text, image, examples):
    model = build(text, image)
    before = weights(model)
    fit(model, examples, Recipe(epochs=2, batch_size=16, text_mode=mode, image_mode=mode))
    changed = differing(before, weights(model))
    assert {name.split(".")[1] for name in changed} == {"projection", "log_scale"}
    assert len(changed) == 2 * 3 + 1  # norm's weight and bias, and the map, of either tower


@pytest.mark.parametrize("side", ["text", "image"])
def test_one_tower_may_be_frozen_while_the_other_learns(side, examples):
    model = build(BERT, RESNET)
    before = weights(model)
    fit(model, examples, Recipe(epochs=1, batch_size=16, **{f"{side}_mode": "frozen"}))
    changed = differing(before, weights(model))
    assert not [name for name in changed if name.startswith(f"{side}.encoder")]
    other = {"text": "image", "image": "text"}[side]
    assert [name for name in changed if name.startswith(f"{other}.encoder")]


def test_a_frozen_encoder_has_no_dropout_and_the_other_has(examples):
    model = build(BERT, RESNET)
    learner = Learner(model, examples, Recipe(text_mode="frozen"))
    learner.train()
    assert not model.text.encoder.training
    assert model.text.projection.training
    assert model.image.encoder.training


@pytest.mark.parametrize(("text", "image"), [(BERT, RESNET), (GPT, VIT)])
def test_cached_learns_as_frozen_does_without_augmentation(text, image, examples, tmp_path):
    models = [build(text, image) for _ in range(2)]
    frozen = fit(models[0], examples, FROZEN, seed=5)
    cached = fit(models[1], examples, CACHED, seed=5, cache=tmp_path)
    np.testing.assert_allclose(
        [step.loss for step in cached.steps], [step.loss for step in frozen.steps], rtol=1e-4
    )
    for embed in (
        lambda model: model.embed_images(examples.images),
        lambda model: model.embed_captions(examples.captions),
    ):
        np.testing.assert_allclose(embed(models[1]), embed(models[0]), atol=1e-3)


def test_cached_draws_the_variants_of_a_caption_that_frozen_draws(examples, tmp_path):
    logs = [
        fit(build(GPT, VIT), varied(examples), recipe, seed=5, cache=tmp_path)
        for recipe in (FROZEN, CACHED)
    ]
    frozen, cached = ([step.loss for step in log.steps] for log in logs)
    np.testing.assert_allclose(cached, frozen, rtol=1e-4)
    plain = [step.loss for step in fit(build(GPT, VIT), examples, FROZEN, seed=5).steps]
    assert not np.allclose(frozen, plain, rtol=1e-4)


@pytest.mark.parametrize("micro_batch", [None, 7])
def test_gradient_caching_works_on_cached_features(micro_batch, examples):
    recipe = replace(CACHED, micro_batch=micro_batch)
    log = fit(build(BERT, RESNET), examples, recipe)
    expected = fit(build(BERT, RESNET), examples, CACHED)
    assert [step.loss for step in log.steps] == pytest.approx(
        [step.loss for step in expected.steps], rel=1e-4
    )


def test_features_are_what_the_tower_says_in_evaluation(examples):
    model = build(BERT, RESNET).eval()
    tokens = model.tokenise(examples.captions)
    with torch.no_grad():
        pictures = torch.from_numpy(examples.pixels(np.arange(64)))
        images = model.image.features(pictures).numpy()
        texts = model.text.features(*tokens.batch(torch.arange(4))).numpy()
    np.testing.assert_allclose(image_features(model.image, examples, FP32, None), images, rtol=1e-5)
    np.testing.assert_allclose(text_features(model.text, tokens, FP32, None), texts, rtol=1e-5)


@pytest.mark.parametrize("count", [BATCH - 1, BATCH, 2 * BATCH + 3])
def test_features_come_in_the_order_of_the_examples_whatever_their_number(count, tmp_path):
    rows = np.arange(count) % 16
    several = Examples(noise(16, 24, 16), rows, rows % 2, ("one", "two"))
    tower = build(BERT, RESNET).image.eval()
    found = image_features(tower, several, FP32, tmp_path)
    assert found.shape == (count, 16)
    np.testing.assert_allclose(found, found[:16][rows], rtol=1e-4, atol=1e-6)


def test_features_are_computed_once_for_a_text_and_an_image_tower(examples, tmp_path, monkeypatch):
    calls = spy_on_features(monkeypatch)
    Learner(build(BERT, RESNET), examples, CACHED, cache=tmp_path)
    assert sorted(calls) == ["ImageTower", "TextTower"]
    files = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert sorted(file.name.split("_")[0] for file in files) == ["image", "text"]
    calls.clear()
    Learner(build(BERT, RESNET), examples, CACHED, seed=7, cache=tmp_path)
    assert calls == []
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == files


def test_training_on_features_asks_the_encoders_nothing(examples, tmp_path, monkeypatch):
    learner = Learner(build(BERT, RESNET), examples, CACHED, cache=tmp_path)
    calls = spy_on_features(monkeypatch)
    for number, batch in learner.batches(0, 4):
        learner.step(batch, number)
    assert calls == []


def test_features_on_disk_are_memory_mapped_and_read_only(examples, tmp_path):
    tower = build(BERT, RESNET).image.eval()
    for _ in range(2):  # computed, then found
        features = image_features(tower, examples, FP32, tmp_path)
        assert isinstance(features, np.memmap)
        assert not features.flags.writeable
    in_memory = image_features(tower, examples, FP32, None)
    assert np.array_equal(features, in_memory)


def asked_again(examples, folder, monkeypatch, *, model=None, recipe=CACHED):
    """Which towers compute features, though those of the small pair are in the folder."""
    Learner(build(still(BERT), RESNET), examples, CACHED, cache=folder)
    calls = spy_on_features(monkeypatch)
    changed, model = model or (examples, build(still(BERT), RESNET))
    Learner(model, changed, recipe, cache=folder)
    return sorted(calls)


def resized():
    """The small pair, whose encoders know nothing of the size at which pictures are seen."""
    model = build(still(BERT), RESNET)
    model.image.preprocessing = PixelValues((16, 16))
    return model


def heads(count):
    """The text encoder with so many attention heads, whose weights are the same."""
    encoder = still(BERT)
    return replace(encoder, config={**encoder.config, "num_attention_heads": count})


CHANGES = {
    "nothing": (lambda e: (e, build(still(BERT), RESNET)), []),
    "weights": (lambda e: (e, build(still(BERT), RESNET, seed=1)), ["ImageTower", "TextTower"]),
    "order": (
        lambda e: (replace(e, rows=e.rows[::-1]), build(still(BERT), RESNET)),
        ["ImageTower"],
    ),
    "pictures": (
        lambda e: (replace(e, images=e.images + 1), build(still(BERT), RESNET)),
        ["ImageTower"],
    ),
    "captions": (
        lambda e: (replace(e, captions=e.captions[::-1]), build(still(BERT), RESNET)),
        ["TextTower"],
    ),
    "variants": (lambda e: (varied(e), build(still(BERT), RESNET)), ["TextTower"]),
    "size": (lambda e: (e, resized()), ["ImageTower"]),
    "normalization": (
        lambda e: (e, build(still(BERT), replace(RESNET, std=(0.2,) * 3))),
        ["ImageTower"],
    ),
    "pooling": (lambda e: (e, build(replace(still(BERT), pooling="mean"), RESNET)), ["TextTower"]),
    "attention heads": (lambda e: (e, build(heads(4), RESNET)), ["TextTower"]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_features_depend_on_decides_whether_they_are_computed_again(
    change, examples, tmp_path, monkeypatch
):
    make, towers = CHANGES[change]
    assert asked_again(examples, tmp_path, monkeypatch, model=make(examples)) == towers


def test_another_precision_has_features_of_its_own(examples, tmp_path, monkeypatch):
    recipe = replace(CACHED, precision="bf16")
    towers = asked_again(examples, tmp_path, monkeypatch, recipe=recipe)
    assert towers == ["ImageTower", "TextTower"]


@pytest.mark.parametrize("left", [0, 5, 60, 200, -1])
def test_a_file_that_is_not_whole_is_computed_again(left, examples, tmp_path, monkeypatch):
    tower = build(BERT, RESNET).image.eval()
    whole = np.array(image_features(tower, examples, FP32, tmp_path))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:left])
    calls = spy_on_features(monkeypatch)
    assert np.array_equal(image_features(tower, examples, FP32, tmp_path), whole)
    assert calls == ["ImageTower"]
    assert np.array_equal(np.load(file), whole)
    assert [found.name for found in tmp_path.iterdir()] == [file.name]


def test_a_computation_that_breaks_off_leaves_nothing(examples, tmp_path, monkeypatch):
    tower = build(BERT, RESNET).image.eval()
    several = replace(examples, rows=np.tile(examples.rows, 5))
    features, calls = tower.features, []

    def breaks_off(*inputs):
        calls.append(inputs)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return features(*inputs)

    monkeypatch.setattr(tower, "features", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        image_features(tower, several, FP32, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_features_in_half_precision_are_kept_in_full_floats(examples):
    tower = build(BERT, VIT).image.eval()
    half = image_features(tower, examples, Precision("bf16", torch.device("cpu")), None)
    assert half.dtype == np.float32
    np.testing.assert_allclose(half, image_features(tower, examples, FP32, None), atol=0.1)
