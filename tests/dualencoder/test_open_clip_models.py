"""A model in open_clip's format says what open_clip says."""

import json

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from shopclip.dualencoder import (
    DualEncoder,
    EncoderUnavailableError,
    Examples,
    ImageEncoder,
    Recipe,
    Source,
    TextEncoder,
    fit,
)
from tests.dualencoder.conftest import BERT, weights
from tests.dualencoder.public_folders import bert_tokenizer

CAPTIONS = ["Puma Men Blue Striped T-shirt", "red kurta", "a " * 90, "Café crème"]
CLIP = {
    "embed_dim": 12,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8},
    "text_cfg": {"context_length": 20, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 2},
}
SIGLIP = {  # as Marqo-FashionSigLIP: timm's tower, a tokenizer of transformers, no causal mask
    "embed_dim": 16,
    "init_logit_bias": -10,
    "custom_text": True,
    "vision_cfg": {
        "image_size": 224,
        "timm_model_name": "vit_tiny_patch16_224",
        "timm_pool": "avg",
        "timm_proj": "linear",
    },
    "text_cfg": {
        "context_length": 16,
        "vocab_size": 300,
        "hf_tokenizer_name": "somebody/tokenizer",
        "tokenizer_kwargs": {"clean": "canonicalize"},
        "width": 16,
        "heads": 2,
        "layers": 2,
        "no_causal_mask": True,
        "proj_bias": True,
        "pool_type": "last",
        "norm_kwargs": {"eps": 1e-06},
    },
}
PREPROCESSING = {
    "clip": {"mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28], "resize_mode": "shortest"},
    "siglip": {"mean": [0.5] * 3, "std": [0.5] * 3, "resize_mode": "squash"},
}


@pytest.fixture(scope="module", params=["clip", "siglip"])
def folder(request, tmp_path_factory):
    return write_open_clip(tmp_path_factory.mktemp(request.param), request.param)


def write_open_clip(folder, kind):
    """As its repository on the hub looks, with random weights."""
    folder.mkdir(exist_ok=True)
    config = {"clip": CLIP, "siglip": SIGLIP}[kind]
    described = {"model_cfg": config, "preprocess_cfg": PREPROCESSING[kind]}
    (folder / "open_clip_config.json").write_text(json.dumps(described))
    if kind == "siglip":
        bert_tokenizer().save_pretrained(folder)
    torch.manual_seed(0)
    model = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
    for parameter in model.parameters():
        parameter.data += torch.randn_like(parameter) * 0.05
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder


def library(folder):
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    return model.eval(), preprocess, open_clip.get_tokenizer(f"local-dir:{folder}")


def pictures(shape=(40, 30), count=3):
    return np.random.default_rng(0).integers(0, 256, (count, *shape, 3), dtype=np.uint8)


@pytest.mark.parametrize("schema", ["", "local-dir:"])
def test_captions_are_embedded_as_by_the_library(schema, folder):
    model, _, tokenizer = library(folder)
    with torch.no_grad():
        expected = model.encode_text(tokenizer(CAPTIONS), normalize=True).numpy()
    found = DualEncoder.from_pretrained(Source(name=f"{schema}{folder}")).embed_captions(CAPTIONS)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert abs(found[0] - found[1]).max() > 1e-2


@pytest.mark.parametrize("shape", [(40, 30), (24, 61)], ids=str)
def test_pictures_are_embedded_as_by_the_library(shape, folder):
    model, preprocess, _ = library(folder)
    images = pictures(shape)
    with torch.no_grad():
        pixels = torch.stack([preprocess(Image.fromarray(image)) for image in images])
        expected = model.encode_image(pixels, normalize=True).numpy()
    found = DualEncoder.from_pretrained(Source(name=str(folder))).embed_images(images)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_it_is_saved_and_loaded_to_the_last_bit(folder, tmp_path):
    model = DualEncoder.from_pretrained(Source(name=str(folder)))
    model.save(tmp_path / "model")
    loaded = DualEncoder.load(tmp_path / "model")
    assert np.array_equal(loaded.embed_captions(CAPTIONS), model.embed_captions(CAPTIONS))
    assert np.array_equal(loaded.embed_images(pictures()), model.embed_images(pictures()))


def test_it_is_fine_tuned(folder):
    model = DualEncoder.from_pretrained(Source(name=str(folder)))
    before = weights(model)
    examples = Examples(pictures(count=4), np.arange(4), np.arange(4), tuple(CAPTIONS))
    fit(model, examples, Recipe(epochs=1, batch_size=4))
    after = weights(model)
    still = [name for name in before if torch.equal(before[name], after[name])]
    assert not [name for name in still if name.endswith(("weight", "log_scale"))]


def test_one_of_its_towers_goes_with_another_encoder(folder):
    image = ImageEncoder(name=f"local-dir:{folder}")
    model = DualEncoder.build(BERT, image, captions=CAPTIONS, size=(24, 16), embed_dim=8)
    assert model.embed_images(pictures()).shape == (3, 8)
    text = TextEncoder(name=f"local-dir:{folder}")
    image = ImageEncoder(config={"model_type": "resnet", "hidden_sizes": [8], "depths": [1]})
    model = DualEncoder.build(text, image, captions=[], size=(24, 16), embed_dim=8)
    assert model.embed_captions(CAPTIONS).shape == (4, 8)


def test_pickled_weights_are_refused(folder, tmp_path):
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": CLIP}))
    torch.save({}, tmp_path / "open_clip_pytorch_model.bin")
    with pytest.raises(EncoderUnavailableError, match="safetensors"):
        DualEncoder.from_pretrained(Source(name=str(tmp_path)))


def test_a_folder_without_a_model_is_one_line(tmp_path):
    with pytest.raises(EncoderUnavailableError, match=r"open_clip_config\.json") as error:
        DualEncoder.from_pretrained(Source(name=f"local-dir:{tmp_path}"))
    assert "\n" not in str(error.value)
