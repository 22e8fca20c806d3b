import pytest
import torch
from transformers import AutoConfig

from shopclip.dualencoder.towers import cls, last, mean, text_pooling
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


@pytest.mark.parametrize(
    ("model_type", "pooling"),
    [("bert", "cls"), ("roberta", "cls"), ("gpt2", "last"), ("llama", "last"), ("opt", "last")],
)
def test_causal_text_encoders_are_pooled_at_the_end(model_type, pooling):
    assert text_pooling(AutoConfig.for_model(model_type)) == pooling


@pytest.mark.parametrize(
    ("text", "image", "poolings"), [(BERT, RESNET, ("cls", "mean")), (GPT, VIT, ("last", "cls"))]
)
def test_towers_choose_by_architecture(text, image, poolings):
    model = build(text, image)
    assert (model.text.pooling, model.image.pooling) == poolings
