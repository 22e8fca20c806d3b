from dataclasses import replace

import pytest

from shopclip.dualencoder import ImageEncoder, TextEncoder
from tests.dualencoder.conftest import BERT, VIT, build


@pytest.mark.parametrize("both", [{}, {"name": "x", "config": {"model_type": "bert"}}])
def test_an_encoder_is_either_pretrained_or_from_scratch(both):
    with pytest.raises(ValueError, match=r"either `name` .* or `config`"):
        TextEncoder(**both)


def test_a_config_must_say_what_it_configures():
    with pytest.raises(ValueError, match="must name its `model_type`"):
        ImageEncoder(config={"hidden_size": 8})


def test_a_text_encoder_checks_its_own_knobs_too():
    with pytest.raises(ValueError, match=r"max_tokens\n.*greater than or equal to 4"):
        TextEncoder(name="x", max_tokens=2)


def test_an_image_encoder_may_see_pictures_at_a_size_of_its_own():
    own = replace(VIT, size=(32, 16))
    assert build(BERT, own, size=(24, 16)).image.size == (32, 16)
    assert build(BERT, VIT, size=(24, 16)).image.size == (24, 16)


def test_a_size_out_of_bounds_is_refused():
    with pytest.raises(ValueError, match=r"size\.0\n.*greater than or equal to 8"):
        replace(VIT, size=(4, 16))
