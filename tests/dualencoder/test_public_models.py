"""A whole public model says what its own library says."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

from shopclip.dualencoder import DualEncoder, Source
from tests.dualencoder.public_folders import CAPTIONS, KINDS

SHAPES = [(40, 30), (24, 61), (32, 32)]


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.__name__)
def folder(request, tmp_path_factory):
    return request.param(tmp_path_factory.mktemp("public") / request.param.__name__)


def library(folder):
    model = AutoModel.from_pretrained(folder).eval()
    return model, AutoTokenizer.from_pretrained(folder), AutoImageProcessor.from_pretrained(folder)


def unit(features):
    return F.normalize(getattr(features, "pooler_output", features), dim=-1).detach().numpy()


def pictures(shape, count=3):
    return np.random.default_rng(0).integers(0, 256, (count, *shape, 3), dtype=np.uint8)


def test_captions_are_embedded_as_by_the_library(folder):
    model, tokenizer, _ = library(folder)
    padding = "max_length" if "siglip" in folder.name else True
    inputs = tokenizer(
        CAPTIONS, padding=padding, truncation=True, max_length=32, return_tensors="pt"
    )
    with torch.no_grad():
        expected = unit(model.get_text_features(**inputs))
    found = DualEncoder.from_pretrained(Source(name=str(folder))).embed_captions(CAPTIONS)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert abs(found[0] - found[1]).max() > 1e-2


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_pictures_are_embedded_as_by_the_library(shape, folder):
    model, _, processor = library(folder)
    images = pictures(shape)
    inputs = processor([torch.from_numpy(i).permute(2, 0, 1) for i in images], return_tensors="pt")
    with torch.no_grad():
        expected = unit(model.get_image_features(**inputs))
    found = DualEncoder.from_pretrained(Source(name=str(folder))).embed_images(images)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert abs(found[0] - found[1]).max() > 1e-3


def test_temperature_and_bias_are_its_own(folder):
    model, _, _ = library(folder)
    found = DualEncoder.from_pretrained(Source(name=str(folder))).temperature
    assert found.scale.item() == pytest.approx(model.logit_scale.exp().item(), rel=1e-5)
    bias = getattr(model, "logit_bias", None)
    assert (found.bias is None) == (bias is None)
    assert bias is None or found.bias.item() == pytest.approx(bias.item())


def test_it_is_saved_and_loaded_to_the_last_bit(folder, tmp_path):
    model = DualEncoder.from_pretrained(Source(name=str(folder)))
    model.save(tmp_path / "model")
    loaded = DualEncoder.load(tmp_path / "model")
    assert np.array_equal(loaded.embed_captions(CAPTIONS), model.embed_captions(CAPTIONS))
    images = pictures((40, 30))
    assert np.array_equal(loaded.embed_images(images), model.embed_images(images))
