import copy
import sys

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model

from shopclip.dualencoder import DualEncoder, Recipe, Source, fit
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.lora import LoraError, add_adapters, merge_adapters
from shopclip.dualencoder.public_models import load_public_model
from tests.dualencoder.conftest import (
    BERT,
    GPT,
    RESNET,
    VIT,
    build,
    differing,
    differing_when_resumed,
    still,
    weights,
)
from tests.dualencoder.test_open_clip_models import write_open_clip

RECIPE = Recipe(epochs=2, batch_size=16, text_mode="lora", image_mode="lora")


def test_adapters_begin_as_nothing_and_base_weights_stay(examples):
    model = build(BERT, VIT)
    before = model.eval().embed_captions(examples.captions)
    add_adapters(model.text.encoder, RECIPE, seed=0)
    np.testing.assert_allclose(model.embed_captions(examples.captions), before, atol=1e-6)
    learning = [name for name, p in model.text.encoder.named_parameters() if p.requires_grad]
    assert learning
    assert all("lora_" in name for name in learning)


@pytest.mark.parametrize("text", [BERT, GPT])
def test_merged_weights_are_those_of_peft(text):
    encoder = build(still(text), RESNET).text.encoder
    theirs = copy.deepcopy(encoder)
    add_adapters(encoder, RECIPE, seed=0)
    targets = sorted({n.rpartition(".")[0] for n, _ in encoder.named_parameters() if "lora_A" in n})
    targets = sorted({name.removesuffix(".lora_A.default") for name in targets})
    peft = get_peft_model(theirs, LoraConfig(r=8, lora_alpha=16, target_modules=targets))
    generator = torch.Generator().manual_seed(0)
    of_peft = {n.removeprefix("base_model.model."): p for n, p in peft.named_parameters()}
    for name, parameter in encoder.named_parameters():
        if "lora_" in name:
            parameter.data = torch.randn(parameter.shape, generator=generator) * 0.1
            of_peft[name].data = parameter.data.clone()
    merge_adapters(encoder)
    expected = dict(peft.merge_and_unload().named_parameters())
    for name, parameter in encoder.named_parameters():
        torch.testing.assert_close(parameter, expected[name])


def test_training_moves_the_merged_weights_and_no_others(examples, tmp_path):
    model = build(BERT, VIT)
    before = weights(model)
    fit(model, examples, RECIPE)
    changed = differing(before, weights(model))
    encoders = [name for name in changed if ".encoder." in name]
    assert encoders
    assert all(name.endswith(".weight") for name in encoders)
    assert not [name for name in changed if "embeddings" in name]
    model.save(tmp_path / "model")
    loaded = DualEncoder.load(tmp_path / "model")
    assert np.array_equal(
        loaded.embed_images(examples.images[:4]), model.embed_images(examples.images[:4])
    )


def test_embeddings_before_and_after_merging_are_equal(examples):
    model = build(BERT, VIT)
    learner = Learner(model, examples, RECIPE)
    with learner.fork_rng():
        for number, batch in learner.batches(0, 2):
            learner.step(batch, number)
    before = model.embed_images(examples.images), model.embed_captions(examples.captions)
    learner.finish()
    np.testing.assert_allclose(model.embed_images(examples.images), before[0], atol=1e-5)
    np.testing.assert_allclose(model.embed_captions(examples.captions), before[1], atol=1e-5)


def test_every_adapter_of_an_open_clip_model_learns(examples, tmp_path):
    model = load_public_model(
        Source(name=f"local-dir:{write_open_clip(tmp_path / 'clip', 'clip')}")
    )
    learner = Learner(model, examples, RECIPE)
    with learner.fork_rng():
        for number, batch in learner.batches(0, 2):
            learner.step(batch, number)
    moved = {n: bool(p.any()) for n, p in model.named_parameters() if "lora_B" in n}
    assert moved
    assert all(moved.values()), [name for name, any_moved in moved.items() if not any_moved]


def test_a_killed_training_goes_on_to_the_same_bits(examples, tmp_path):
    assert not differing_when_resumed((BERT, VIT), examples, RECIPE, tmp_path)


def test_an_encoder_without_linear_layers_is_one_line(examples):
    with pytest.raises(LoraError, match="resnet has no linear layers"):
        fit(build(BERT, RESNET), examples, RECIPE)


def test_without_peft_the_error_says_how_to_install_it(examples, monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(LoraError, match=r"pip install -e '\.\[lora\]'"):
        fit(build(BERT, VIT), examples, RECIPE)
