import time

import pytest
import torch
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel

from shopclip.dualencoder import EncoderUnavailableError, ImageEncoder, TextEncoder
from shopclip.dualencoder.encoders import build_image_encoder, build_text_encoder
from shopclip.dualencoder.tokenization import train_tokenizer


@pytest.fixture
def pretrained(tmp_path):
    """A BERT with weights of its own, saved as a hub repository would hold it."""
    tokenizer = train_tokenizer("bert", ["a red shirt", "a blue shirt"], 300)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    BertModel(config).save_pretrained(tmp_path / "bert")
    tokenizer.save_pretrained(tmp_path / "bert")
    return tmp_path / "bert"


def test_a_local_folder_gives_its_own_weights_and_tokenizer(pretrained):
    encoder, tokenizer, _ = build_text_encoder(TextEncoder(name=str(pretrained)), captions=[])
    expected = AutoModel.from_pretrained(pretrained).embeddings.word_embeddings.weight
    assert torch.equal(encoder.embeddings.word_embeddings.weight, expected)
    reference = AutoTokenizer.from_pretrained(pretrained)
    assert tokenizer("a red shirt")["input_ids"] == reference("a red shirt")["input_ids"]


def test_weights_in_a_pickle_are_refused(pretrained):
    weights = AutoModel.from_pretrained(pretrained).state_dict()
    (pretrained / "model.safetensors").unlink()
    torch.save(weights, pretrained / "pytorch_model.bin")
    with pytest.raises(EncoderUnavailableError, match="safetensors"):
        build_text_encoder(TextEncoder(name=str(pretrained)), captions=[])


def test_offline_and_not_cached_is_one_quick_error_that_says_what_to_do():
    started = time.monotonic()
    with pytest.raises(EncoderUnavailableError) as error:
        build_image_encoder(ImageEncoder(name="nobody/no-such-encoder"), (64, 48))
    assert time.monotonic() - started < 15
    for remedy in ("nobody/no-such-encoder", "hf download", "path of a folder", "config"):
        assert remedy in str(error.value)


def test_an_image_encoder_from_scratch_is_made_for_the_size_of_the_run():
    vit = {
        "model_type": "vit",
        "hidden_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "intermediate_size": 8,
        "patch_size": 8,
    }
    encoder, _ = build_image_encoder(ImageEncoder(config=vit), (64, 48))
    patches = encoder(torch.zeros(1, 3, 64, 48)).last_hidden_state.shape[1] - 1
    assert patches == 8 * 6
