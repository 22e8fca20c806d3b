import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from pydantic import ValidationError

from shopclip.dualencoder import CheckpointManager, DualEncoder, Recipe, fit
from shopclip.dualencoder.attribute_heads import UNKNOWN, AttributeHeads
from shopclip.dualencoder.learner import Learner
from tests.dualencoder.conftest import (
    BERT,
    GPT,
    RESNET,
    VIT,
    build,
    differing,
    differing_when_resumed,
    labelled,
    weights,
)

RECIPE = Recipe(epochs=2, batch_size=16, attribute_weight=0.5)


def units(*shape):
    return F.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(0)), dim=-1)


def heads(embed_dim, *classes):
    made = AttributeHeads(embed_dim, classes)
    generator = torch.Generator().manual_seed(1)
    for parameter in made.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return made


def test_before_training_every_value_is_as_likely_as_any_other():
    labels = torch.tensor([[0, 4], [2, UNKNOWN]])
    found = AttributeHeads(4, (3, 5))(*units(2, 2, 4), labels, 2)
    assert found.item() == pytest.approx((2 * np.log(3) + np.log(5)) / 2)  # one is not known


def test_it_is_torchs_cross_entropy_of_both_towers():
    images, texts = units(2, 6, 4)
    labels, made = torch.tensor([0, 2, 1, 1, 0, 2]), heads(4, 3)
    (head,) = made.heads
    expected = sum(F.cross_entropy(head(2 * side), labels) for side in (images, texts)) / 2
    torch.testing.assert_close(made(images, texts, labels[:, None], 6), expected)


def test_the_parts_of_a_batch_add_up_to_it():
    images, texts = units(2, 6, 4)
    labels, made = torch.tensor([[0, 1], [2, -1], [1, 0], [1, 1], [0, -1], [2, 0]]), heads(4, 3, 2)
    parts = [made(images[p], texts[p], labels[p], 6) for p in (slice(2), slice(2, 6))]
    torch.testing.assert_close(sum(parts), made(images, texts, labels, 6))


def test_a_batch_has_the_labels_of_its_examples(examples):
    examples = labelled(examples)
    learner = Learner(build(BERT, RESNET), examples, RECIPE)
    ((_, batch),) = list(learner.batches(0, 1))
    shown = batch.caption_ids % 2
    assert torch.equal(batch.labels[:, 0], shown)
    known = batch.labels[:, 1] != UNKNOWN
    assert torch.equal(batch.labels[known, 1], batch.caption_ids[known])


def test_embeddings_come_to_tell_what_no_caption_says(examples):
    """All captions are the same, so that nothing but the attribute moves the encoders."""
    same = {"caption_ids": np.zeros_like(examples.caption_ids), "captions": ("a shirt",)}
    hidden = replace(labelled(examples), **same)
    model = build(BERT, RESNET)
    learner = Learner(model, hidden, replace(RECIPE, epochs=8))
    before = weights(model)
    with learner.fork_rng():
        for epoch in range(8):
            for number, batch in learner.batches(epoch * 4, epoch * 4 + 4):
                learner.step(batch, number)
    pictures = torch.from_numpy(model.embed_images(hidden.images))
    found = model.attribute_heads.heads[0](pictures * 4).argmax(dim=1)  # 4 is the root of 16
    assert (found.numpy() == hidden.labels[:, 0]).mean() > 0.95
    moved = differing(before, weights(model))
    assert any("image.encoder" in name and "conv" in name for name in moved)


def test_without_weight_labels_change_nothing(examples, tmp_path):
    plain, other = build(BERT, RESNET), build(BERT, RESNET)
    recipe = replace(RECIPE, attribute_weight=0.0)
    fit(plain, examples, recipe, checkpoint_manager=CheckpointManager(tmp_path))
    fit(other, labelled(examples), recipe, checkpoint_manager=CheckpointManager(tmp_path))
    assert not differing(weights(plain), weights(other))


def test_without_labels_there_is_a_word_and_training_as_ever(examples, caplog):
    plain, other = build(BERT, RESNET), build(BERT, RESNET)
    fit(plain, examples, replace(RECIPE, attribute_weight=0.0))
    with caplog.at_level(logging.WARNING):
        fit(other, examples, RECIPE)
    assert "attribute_weight has no effect" in caplog.text
    assert not differing(weights(plain), weights(other))


def test_what_is_saved_has_no_heads(examples, tmp_path):
    model = build(BERT, RESNET)
    before = weights(model).keys()
    fit(model, labelled(examples), RECIPE)
    assert weights(model).keys() == before
    model.save(tmp_path / "model")
    expected = model.embed_images(examples.images)
    loaded = DualEncoder.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.embed_images(examples.images), expected)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_killed_training_goes_on_to_the_same_bits(optimizer, examples, tmp_path):
    recipe, examples = replace(RECIPE, epochs=3, optimizer=optimizer), labelled(examples)
    assert not differing_when_resumed((GPT, VIT), examples, recipe, tmp_path, epochs=2)


def test_micro_batches_see_the_same_loss(examples):
    def learned(micro_batch):
        model = build(BERT, RESNET)
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        recipe = replace(RECIPE, micro_batch=micro_batch)
        learner = Learner(model, labelled(examples), recipe)
        for norm in model.modules():
            if isinstance(norm, torch.nn.BatchNorm2d):
                norm.momentum = 0.0
        ((number, batch),) = list(learner.batches(0, 1))
        learner.model.image.eval()
        with learner.fork_rng():
            learner.step(batch, number)
        return model.attribute_heads.heads[0].bias.grad

    torch.testing.assert_close(learned(None), learned(16))


def test_mixed_examples_have_no_attributes():
    with pytest.raises(ValidationError, match="examples that have no attributes"):
        Recipe(text_mode="cached", image_mode="cached", latent_mixup=1.0, attribute_weight=0.1)
