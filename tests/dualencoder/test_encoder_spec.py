import pytest

from shopclip.dualencoder import ImageEncoder, TextEncoder


@pytest.mark.parametrize("both", [{}, {"name": "x", "config": {"model_type": "bert"}}])
def test_an_encoder_is_either_pretrained_or_from_scratch(both):
    with pytest.raises(ValueError, match=r"either `name` .* or `config`"):
        TextEncoder(**both)


def test_a_config_must_say_what_it_configures():
    with pytest.raises(ValueError, match="must name its `model_type`"):
        ImageEncoder(config={"hidden_size": 8})


def test_a_text_encoder_checks_its_own_knobs_too():
    with pytest.raises(ValueError, match="max_tokens is 2, expected at least 4"):
        TextEncoder(name="x", max_tokens=2)
