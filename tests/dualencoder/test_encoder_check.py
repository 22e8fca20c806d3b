"""What cannot be built is found out without building it."""

import pytest

from shopclip.dualencoder import EncoderConfigError, ImageEncoder, TextEncoder
from shopclip.dualencoder.encoder_check import check_image_encoder, check_text_encoder
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT

SIZE = (24, 16)


@pytest.mark.parametrize("spec", [BERT, GPT], ids=["bert", "gpt2"])
def test_text_towers_that_can_be_built_pass(spec):
    """The specs of other tests mix keys of both, which a run would refuse."""
    known = {k: v for k, v in spec.config.items() if "dropout" not in k and "pdrop" not in k}
    check_text_encoder(TextEncoder(config=known), embed_dim=8)


@pytest.mark.parametrize("spec", [RESNET, VIT], ids=["resnet", "vit"])
def test_image_towers_that_can_be_built_pass(spec):
    known = {k: v for k, v in spec.config.items() if "dropout" not in k}
    check_image_encoder(ImageEncoder(config=known), SIZE, embed_dim=8)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"model_type": "brt"}, r"model_type is 'brt', .*did you mean bert"),
        ({"hidden_sise": 16}, r"hidden_sise: a bert has no such key; did you mean hidden_size"),
        ({"num_attention_heads": 5}, r"num_attention_heads is 5|multiple of"),
        ({"model_type": "vit"}, r"vit"),
        ({"max_position_embeddings": 2}, r"2 positions, expected at least 4"),
    ],
)
def test_a_text_tower_that_cannot_be_built_names_the_key(changed, expected):
    config = {
        "model_type": "bert",
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        **changed,
    }
    with pytest.raises(EncoderConfigError, match=expected) as caught:
        check_text_encoder(TextEncoder(config=config), embed_dim=8)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"patch_size": 64}, "24 × 16"),
        ({"num_attention_heads": 3}, "3"),
        ({"patch_sise": 8}, "did you mean patch_size"),
        ({"model_type": "bert"}, "bert"),
    ],
)
def test_an_image_tower_that_cannot_be_built_names_the_key(changed, expected):
    config = {
        "model_type": "vit",
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "patch_size": 8,
        **changed,
    }
    with pytest.raises(EncoderConfigError, match=expected):
        check_image_encoder(ImageEncoder(config=config), SIZE, embed_dim=8)
