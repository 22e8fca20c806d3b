import pytest

from shopclip.session import needs
from shopclip.session.needs import NeedError, check_needs

PAIR = {
    "text": {"config": {"model_type": "bert"}, "vocab_size": 300},
    "image": {"config": {"model_type": "vit"}},
}


def parameters(**recipe):
    return {
        "training": {"recipe": {}},
        "engine": {},
        "images": {},
        "index": {},
        "pairs": {"plain": PAIR, "adapted": {**PAIR, "recipe": recipe}},
    }


@pytest.fixture(autouse=True)
def without_peft(monkeypatch):
    monkeypatch.setattr(needs, "find_spec", lambda name: None)
    monkeypatch.setattr(needs, "_towers", lambda *_: None)


@pytest.mark.parametrize("word", ["text_mode", "image_mode"])
def test_a_pair_that_will_train_adapters_needs_peft_before_the_first_node(word):
    with pytest.raises(NeedError, match=r"pairs\.adapted: .*pip install -e '\.\[lora\]'"):
        check_needs({"plain.dual_encoder", "adapted.dual_encoder"}, parameters(**{word: "lora"}))


@pytest.mark.parametrize(
    ("outputs", "recipe"),
    [
        ({"plain.dual_encoder"}, {"text_mode": "lora"}),  # another pair trains
        ({"adapted.metrics"}, {"text_mode": "lora"}),  # it was trained before
        ({"adapted.dual_encoder"}, {"text_mode": "lora", "epochs": 0}),
        ({"adapted.dual_encoder"}, {}),
    ],
)
def test_no_other_run_needs_it(outputs, recipe):
    check_needs(outputs, parameters(**recipe))
