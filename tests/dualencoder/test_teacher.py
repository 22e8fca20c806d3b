from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from shopclip.dualencoder import Recipe, TrainingError, fit
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.teacher import Distillation, Targets, with_teacher
from tests.dualencoder.conftest import (
    BERT,
    GPT,
    RESNET,
    VIT,
    build,
    differing,
    differing_when_resumed,
    varied,
    weights,
)

RECIPE = Recipe(epochs=2, batch_size=16, teacher="bert_resnet", teacher_weight=5.0)


@pytest.fixture(scope="module", name="taught")
def taught_examples(examples):
    teacher = build(BERT, RESNET, embed_dim=24)
    fit(teacher, examples, Recipe(epochs=2, batch_size=16))
    return with_teacher(examples, teacher, None)


def test_the_distance_is_torchs_mean_squared_error_of_the_mapped_embeddings():
    generator = torch.Generator().manual_seed(0)
    distillation = Distillation(3, 5)
    distillation.map.weight.data = torch.randn(5, 3, generator=generator)
    images, texts = torch.randn(2, 4, 3, generator=generator)
    targets = Targets(*torch.randn(2, 4, 5, generator=generator))
    weight = distillation.map.weight
    expected = (
        5
        * (
            F.mse_loss(images @ weight.T, targets.images)
            + F.mse_loss(texts @ weight.T, targets.texts)
        )
        / 2
    )
    torch.testing.assert_close(distillation(images, texts, targets, 4), expected)


def test_by_hand():
    distillation = Distillation(2, 2)  # begins as it is
    unit, other = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    found = distillation(unit, unit, Targets(unit, other), 1)
    assert found.item() == pytest.approx((0 + 2) / 2)


def test_a_batch_gets_what_the_teacher_says_of_its_pictures_and_drawn_captions(examples, taught):
    teacher = build(BERT, RESNET, embed_dim=24)
    several = with_teacher(varied(examples), teacher, None)
    learner = Learner(build(GPT, VIT), several, RECIPE, seed=2)
    ((_, batch),) = list(learner.batches(0, 1))
    pixels, tokens = learner.model.image.size, batch.texts[0]
    assert pixels
    captions = [learner.model.text.tokenizer.decode(ids[mask.bool()], skip_special_tokens=True)
                for ids, mask in zip(tokens, batch.texts[1], strict=True)]  # fmt: skip
    expected = teacher.embed_captions([caption.strip() for caption in captions])
    np.testing.assert_allclose(batch.targets.texts, expected, atol=1e-5)


def test_a_teacher_without_weight_changes_nothing(examples, taught):
    models = [build(GPT, VIT), build(GPT, VIT)]
    fit(models[0], examples, Recipe(epochs=1, batch_size=16), seed=4)
    fit(models[1], taught, replace(RECIPE, epochs=1, teacher_weight=0.0), seed=4)
    assert not differing(*map(weights, models))


def test_a_pupil_comes_nearer_to_its_teacher(taught):
    distances = []
    for recipe in (replace(RECIPE, teacher=None), RECIPE):
        model = build(GPT, VIT, embed_dim=24)
        fit(model, taught, recipe, seed=4)
        images = model.embed_images(taught.images, taught.rows)
        distances.append(((images - taught.teacher_images) ** 2).sum(axis=1).mean())
    assert distances[1] < distances[0] - 0.05


def test_the_map_is_not_in_the_model(taught, tmp_path):
    model = build(GPT, VIT)
    names = set(model.state_dict())
    fit(model, taught, RECIPE)
    assert set(model.state_dict()) == names
    model.save(tmp_path / "model")


def test_a_killed_training_goes_on_to_the_same_bits(taught, tmp_path):
    assert not differing_when_resumed((GPT, VIT), taught, RECIPE, tmp_path)


def test_micro_batches_give_the_gradients_of_the_batch(taught):
    from tests.dualencoder.conftest import still

    gradients = []
    for micro_batch in (None, 5):
        model = build(still(GPT), VIT)
        learner = Learner(model, taught, replace(RECIPE, micro_batch=micro_batch), seed=1)
        ((number, batch),) = list(learner.batches(0, 1))
        with learner.fork_rng():
            learner.step(batch, number)
        gradients.append(
            {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
        )
    assert gradients[0].keys() == gradients[1].keys()
    assert "distillation.map.weight" in gradients[0]
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, atol=1e-4, rtol=1e-3)


def test_what_it_says_is_computed_once(examples, tmp_path, monkeypatch):
    teacher = build(BERT, RESNET)
    first = with_teacher(examples, teacher, tmp_path)
    monkeypatch.setattr(type(teacher), "embed_captions", lambda *_: pytest.fail("again"))
    second = with_teacher(examples, teacher, tmp_path)
    assert np.array_equal(first.teacher_images, second.teacher_images)
    other = build(BERT, RESNET, seed=1)
    with pytest.raises(pytest.fail.Exception):
        with_teacher(examples, other, tmp_path)


def test_without_its_embeddings_the_error_says_so(examples):
    with pytest.raises(TrainingError, match="with_teacher"):
        fit(build(GPT, VIT), examples, RECIPE)
