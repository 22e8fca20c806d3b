from dataclasses import replace

import numpy as np
import pytest
import torch

from shopclip.dualencoder import DualEncoder, ImageEncoder, Recipe, fit
from shopclip.dualencoder.encoders import ConvolutionalStem, StemError, build_image_encoder
from tests.dualencoder.conftest import BERT, RESNET, VIT, build

STEMMED = replace(VIT, stem="convolutional")


@pytest.mark.parametrize("patch", [2, 8, 16])
def test_a_stem_gives_the_grid_of_the_linear_patches(patch):
    pixels = torch.randn(2, 3, 48, 32)
    linear = torch.nn.Conv2d(3, 64, patch, stride=patch)
    assert ConvolutionalStem(3, 64, patch)(pixels).shape == linear(pixels).shape


def test_channels_double_up_to_the_width():
    stem = ConvolutionalStem(3, 128, 8)
    channels = [layer.out_channels for layer in stem if isinstance(layer, torch.nn.Conv2d)]
    assert channels == [32, 64, 128, 128]


def test_a_vit_with_a_stem_learns_and_comes_back_from_its_checkpoint(examples, tmp_path):
    model = build(BERT, STEMMED)
    first = model.image.encoder.embeddings.patch_embeddings.projection[0].weight.clone()
    log = fit(model, examples, Recipe(epochs=4, batch_size=16), seed=0)
    assert log.steps[-1].loss < log.steps[0].loss
    assert not torch.equal(
        model.image.encoder.embeddings.patch_embeddings.projection[0].weight, first
    )
    model.save(tmp_path / "model")
    loaded = DualEncoder.load(tmp_path / "model")
    assert loaded.image.stem == "convolutional"
    assert np.array_equal(loaded.embed_images(examples.images), model.embed_images(examples.images))


def test_without_the_word_the_patches_are_linear(examples):
    model = build(BERT, VIT)
    assert model.image.stem == "auto"
    assert isinstance(model.image.encoder.embeddings.patch_embeddings.projection, torch.nn.Conv2d)


def test_an_encoder_without_patches_is_refused():
    with pytest.raises(StemError, match="a resnet has none; leave stem out"):
        build_image_encoder(replace(RESNET, stem="convolutional"), (24, 16))


def test_a_patch_that_halving_does_not_reach_is_refused():
    ten = replace(STEMMED, config={**VIT.config, "patch_size": 10})
    with pytest.raises(StemError, match=r"patch_size must be 2, 4, 8, 16 or 32; got \(10, 10\)"):
        build_image_encoder(ten, (80, 60))


def test_a_pretrained_encoder_keeps_its_own_stem():
    with pytest.raises(ValueError, match="keeps its own stem"):
        ImageEncoder(name="google/vit-base-patch16-224-in21k", stem="convolutional")
