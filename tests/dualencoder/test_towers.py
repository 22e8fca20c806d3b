from dataclasses import replace

import numpy as np
import pytest
import torch

from shopclip.dualencoder import DualEncoder, ImageEncoder
from shopclip.dualencoder.preprocessing import PreprocessingError
from shopclip.dualencoder.towers import Projection
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT, build

PAIRS = [(BERT, RESNET), (BERT, VIT), (GPT, VIT), (GPT, RESNET)]


@pytest.mark.parametrize(("text", "image"), PAIRS)
def test_embeddings_are_unit_vectors_of_the_shared_width(text, image, examples):
    model = build(text, image)
    for embeddings in (
        model.embed_images(examples.images),
        model.embed_captions(examples.captions),
    ):
        assert embeddings.shape[1] == 16
        norms = torch.from_numpy(embeddings).norm(dim=1)
        torch.testing.assert_close(norms, torch.ones(len(embeddings)))


@pytest.mark.parametrize("text", [BERT, GPT])
def test_a_caption_does_not_depend_on_the_padding_beside_it(text):
    model = build(text, RESNET)
    alone = model.embed_captions(["a red shirt"])
    beside = model.embed_captions(["a red shirt", "a very long caption of a blue shirt that pads"])
    torch.testing.assert_close(torch.from_numpy(alone[0]), torch.from_numpy(beside[0]))


def test_the_last_words_of_a_caption_matter_to_gpt():
    model = build(GPT, RESNET)
    red, blue = model.embed_captions(["shirt in red", "shirt in blue"])
    assert abs(red - blue).max() > 1e-3


def test_an_empty_caption_and_one_beyond_the_limit_have_embeddings():
    for text in (BERT, GPT):
        embeddings = build(text, RESNET).embed_captions(["", "shirt " * 500])
        assert torch.from_numpy(embeddings).isfinite().all()


def test_no_captions_give_no_embeddings():
    assert build(BERT, RESNET).embed_captions([]).shape == (0, 16)


def test_every_weight_gets_a_gradient(examples):
    for text, image in PAIRS:
        model = build(text, image).train()
        tokens = model.tokenise(examples.captions)
        rows = torch.arange(4)
        logits = model(torch.from_numpy(examples.images[:4].copy()), *tokens.batch(rows))
        logits.diagonal().sum().backward()
        without = [name for name, weight in model.named_parameters() if weight.grad is None]
        assert without == []


def test_a_projection_computes_in_full_precision_whatever_surrounds_it():
    projection = Projection(32, 16)
    features = torch.randn(8, 32)
    expected = projection(features)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(projection(features), expected)
        assert projection(features.bfloat16()).dtype == torch.float32


def test_a_projection_takes_out_a_common_direction_and_a_common_scale():
    projection = Projection(32, 16)
    features = torch.randn(8, 32)
    moved = 100 * (features + 7 * torch.ones(32))
    torch.testing.assert_close(projection(moved), projection(features), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("text", "image"), PAIRS)
def test_an_embedding_is_the_projection_of_its_features(text, image, examples):
    model = build(text, image).eval()
    pixels = torch.from_numpy(examples.images[:4].copy())
    tokens = model.tokenise(examples.captions).batch(torch.arange(4))
    for tower, inputs in ((model.image, (pixels,)), (model.text, tokens)):
        features = tower.features(*inputs)
        assert features.shape == (4, tower.projection[1].in_features)
        assert torch.equal(tower.projection(features), tower(*inputs))


def test_a_roberta_reads_no_further_than_its_positions_which_begin_after_padding():
    config = {
        "model_type": "roberta",
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 48,
        "max_position_embeddings": 32,
    }
    model = build(replace(BERT, config=config), RESNET)
    assert model.text.max_tokens == 31
    assert np.isfinite(model.embed_captions(["red shirt " * 40])).all()


FLIPPED = replace(RESNET, flip_test=True)


@pytest.mark.parametrize("image", [RESNET, VIT])
def test_a_flip_tested_picture_is_the_mean_of_itself_and_its_mirror_image(image, examples):
    model, plain = build(BERT, replace(image, flip_test=True)), build(BERT, image)
    both = plain.embed_images(examples.images) + plain.embed_images(examples.images[:, :, ::-1])
    expected = both / np.linalg.norm(both, axis=1, keepdims=True)
    np.testing.assert_allclose(model.embed_images(examples.images), expected, atol=1e-5)
    mirrored = model.embed_images(np.ascontiguousarray(examples.images[:, :, ::-1]))
    np.testing.assert_allclose(mirrored, expected, atol=1e-5)


def test_training_sees_a_flip_tested_picture_once(examples):
    model, pixels = build(BERT, FLIPPED), torch.from_numpy(examples.images[:8])
    model.train()
    seen = []
    model.image.encoder.register_forward_hook(lambda *_: seen.append(1))
    model.image(pixels)
    assert len(seen) == 1


def test_a_saved_model_is_still_flip_tested(examples, tmp_path):
    model = build(BERT, FLIPPED)
    model.save(tmp_path / "model")
    loaded = DualEncoder.load(tmp_path / "model")
    assert loaded.image.flip_test
    expected = model.embed_images(examples.images)
    np.testing.assert_array_equal(loaded.embed_images(examples.images), expected)


def test_patches_are_not_mirrored():
    naflex = ImageEncoder(
        config={"model_type": "siglip2_vision_model", "hidden_size": 32, "num_hidden_layers": 1,
                "num_attention_heads": 2, "intermediate_size": 32, "num_patches": 16},
        flip_test=True,
    )  # fmt: skip
    with pytest.raises(PreprocessingError, match="flip_test mirrors whole pictures"):
        build(BERT, naflex)
