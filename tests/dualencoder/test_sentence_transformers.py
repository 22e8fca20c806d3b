"""sentence-transformers says of a saved pair what the pair says."""

import numpy as np
import pytest
from PIL import Image
from sentence_transformers import SentenceTransformer

from shopclip.dualencoder import DualEncoder, Source
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT, build
from tests.dualencoder.public_folders import clip, siglip

CAPTIONS = ["a red shirt", "a blue shirt for men", "shoes", ""]


def pictures():
    generator = np.random.default_rng(0)
    sizes = [(40, 30), (40, 30), (24, 61)]
    return [generator.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]


@pytest.fixture(scope="module", params=["bert_resnet", "gpt_vit", "clip", "siglip"])
def saved(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("st")
    kinds = {"clip": clip, "siglip": siglip}
    if kind := kinds.get(request.param):
        model = DualEncoder.from_pretrained(Source(name=str(kind(folder / "hub"))))
    else:
        model = build(*{"bert_resnet": (BERT, RESNET), "gpt_vit": (GPT, VIT)}[request.param])
    model.save(folder / "model")
    return model, folder / "model"


def transformer(folder):
    return SentenceTransformer(str(folder), trust_remote_code=True, device="cpu")


def test_captions(saved):
    model, folder = saved
    found = transformer(folder).encode(CAPTIONS, batch_size=2)
    np.testing.assert_allclose(found, model.embed_captions(CAPTIONS), atol=1e-6)


@pytest.mark.parametrize("of", [Image.fromarray, np.asarray], ids=["pillow", "array"])
def test_pictures_of_any_size(of, saved):
    model, folder = saved
    found = transformer(folder).encode([of(picture) for picture in pictures()])
    expected = np.concatenate([model.embed_images(picture[None]) for picture in pictures()])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_caption_with_a_picture_is_refused(saved):
    both = {"text": "a red shirt", "image": Image.fromarray(pictures()[0])}
    with pytest.raises(ValueError, match="cannot combine them"):
        transformer(saved[1]).encode([both])


def test_it_tells_its_width_its_limit_and_its_likeness(saved):
    model, folder = saved
    found = transformer(folder)
    assert found.get_sentence_embedding_dimension() == model.embed_dim
    assert found.max_seq_length == model.text.max_tokens
    assert found.similarity_fn_name == "cosine"


def test_a_folder_from_before_needs_none_of_it(saved, tmp_path):
    model, _ = saved
    model.save(tmp_path / "model")
    for name in ("modules.json", "config_sentence_transformers.json"):
        (tmp_path / "model" / name).unlink()
    loaded = DualEncoder.load(tmp_path / "model")
    assert np.array_equal(loaded.embed_captions(CAPTIONS), model.embed_captions(CAPTIONS))


def test_it_saves_what_it_loaded(saved, tmp_path):
    model, folder = saved
    transformer(folder).save(str(tmp_path / "again"))
    found = transformer(tmp_path / "again").encode(CAPTIONS)
    np.testing.assert_allclose(found, model.embed_captions(CAPTIONS), atol=1e-6)
