import pytest
import torch

from shopclip.dualencoder import TextEncoder
from shopclip.dualencoder.pooling import cls, last, maximum, mean
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT, build

STATES = torch.arange(2 * 3 * 2, dtype=torch.float32).reshape(2, 3, 2)
MASK = torch.tensor([[1, 1, 0], [1, 1, 1]])


def test_cls_takes_the_first_token():
    assert cls(STATES, MASK).tolist() == [[0, 1], [6, 7]]


def test_last_takes_the_last_token_that_is_no_padding():
    assert last(STATES, MASK).tolist() == [[2, 3], [10, 11]]


def test_mean_leaves_padding_out():
    assert mean(STATES, MASK).tolist() == [[1, 2], [8, 9]]


def test_mean_of_a_feature_map_is_over_its_positions():
    feature_map = torch.arange(8, dtype=torch.float32).reshape(1, 2, 2, 2)
    assert mean(feature_map).tolist() == [[1.5, 5.5]]


def test_max_leaves_padding_out():
    assert maximum(-STATES, MASK).tolist() == [[0, -1], [-6, -7]]


SIZES = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}


@pytest.mark.parametrize(
    ("model_type", "pooling"),
    [("bert", "cls"), ("roberta", "mean"), ("llama", "last"), ("opt", "last")],
)
def test_a_text_encoder_is_pooled_where_it_sees_a_whole_caption(model_type, pooling):
    """From scratch a RoBERTa gets a tokenizer without a class token."""
    sizes = {**SIZES, "intermediate_size": 16} if model_type != "opt" else SIZES
    text = TextEncoder(config={"model_type": model_type, **sizes}, vocab_size=300)
    assert build(text, RESNET).text.pooling == pooling


@pytest.mark.parametrize(
    ("text", "image", "poolings"), [(BERT, RESNET, ("cls", "mean")), (GPT, VIT, ("last", "cls"))]
)
def test_towers_choose_by_architecture(text, image, poolings):
    model = build(text, image)
    assert (model.text.pooling, model.image.pooling) == poolings
