import pytest

from shopclip.dualencoder import ImageEncoder, Recipe, TextEncoder


def test_every_wrong_knob_is_named_with_its_bounds():
    with pytest.raises(ValueError, match="batch_size is 1, expected at least 2") as error:
        Recipe(batch_size=1, warmup=2)
    assert "warmup is 2, expected between 0 and 1" in str(error.value)


@pytest.mark.parametrize("both", [{}, {"name": "x", "config": {"model_type": "bert"}}])
def test_an_encoder_is_either_pretrained_or_from_scratch(both):
    with pytest.raises(ValueError, match=r"either `name` .* or `config`"):
        TextEncoder(**both)


def test_a_config_must_say_what_it_configures():
    with pytest.raises(ValueError, match="must name its `model_type`"):
        ImageEncoder(config={"hidden_size": 8})
