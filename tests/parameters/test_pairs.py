import pytest

from shopclip.parameters.pairs import RepeatError, ensembles_of, runs_of, with_repeats

PAIRS = {"bert_vit": {"text": {}, "image": {}}, "gpt_vit": {"text": {}, "image": {}}}


BOTH = {"ensemble": {"bert_vit": 1, "gpt_vit": 2}}
NAMED = {name: {**pair, "label": name} for name, pair in PAIRS.items()}


def test_one_seed_leaves_the_pairs_as_they_are_but_for_their_names():
    parameters = {"pairs": PAIRS, "training": {"seeds": 1}, "more": 1}
    assert with_repeats(parameters) == {**parameters, "pairs": NAMED}
    assert with_repeats({"pairs": PAIRS}) == {"pairs": NAMED}


def test_three_seeds_are_the_pair_and_two_repeats_of_it():
    pairs = with_repeats({"pairs": PAIRS, "training": {"seeds": 3}})["pairs"]
    assert list(pairs)[:3] == ["bert_vit", "bert_vit_seed1", "bert_vit_seed2"]
    assert pairs["bert_vit"] == NAMED["bert_vit"]
    assert pairs["gpt_vit_seed2"] == {
        **PAIRS["gpt_vit"],
        "label": "gpt_vit_seed2",
        "repeats": "gpt_vit",
        "seed": 2,
    }


def test_doing_it_twice_is_doing_it_once():
    once = with_repeats({"pairs": PAIRS, "training": {"seeds": 2}})
    assert with_repeats(once) == once


def test_runs_stand_under_the_pair_that_they_repeat():
    pairs = with_repeats({"pairs": PAIRS, "training": {"seeds": 2}})["pairs"]
    assert runs_of(pairs) == {
        "bert_vit": ("bert_vit", "bert_vit_seed1"),
        "gpt_vit": ("gpt_vit", "gpt_vit_seed1"),
    }


def test_repeating_a_pair_that_is_none_is_an_error_that_names_both():
    with pytest.raises(ValueError, match=r"pairs\.b repeats 'a', which is no pair of its own"):
        runs_of({"b": {"repeats": "a"}})


@pytest.mark.parametrize("other", [{"text": {}}, {"repeats": "gpt_vit", "seed": 1}])
def test_a_pair_with_the_name_of_a_repeat_is_refused_and_named(other):
    pairs = {**PAIRS, "bert_vit_seed2": other}
    assert with_repeats({"pairs": pairs, "training": {"seeds": 2}})
    with pytest.raises(RepeatError) as caught:
        with_repeats({"pairs": pairs, "training": {"seeds": 3}})
    assert str(caught.value) == (
        "pairs.bert_vit_seed2: with training.seeds: 3 this is the name of a repeat of "
        "pairs.bert_vit, whose results it would replace; give the pair another name"
    )


def test_every_seed_of_an_ensemble_is_made_of_that_seed_of_its_members():
    parameters = {"pairs": {**PAIRS, "both": BOTH}, "training": {"seeds": 2}}
    pairs = with_repeats(parameters)["pairs"]
    assert pairs["both_seed1"]["ensemble"] == {"bert_vit_seed1": 1, "gpt_vit_seed1": 2}
    assert pairs["both_seed1"]["repeats"] == "both"
    assert with_repeats({**parameters, "pairs": pairs})["pairs"] == pairs
    assert ensembles_of(pairs) == {
        "both": ("bert_vit", "gpt_vit"),
        "both_seed1": ("bert_vit_seed1", "gpt_vit_seed1"),
    }


def test_a_member_that_is_not_trained_is_the_same_in_every_seed():
    public = {"name": "a/clip", "recipe": {"epochs": 0}}
    mixed = {"ensemble": {"bert_vit": 1, "clip": 1}}
    pairs = {**PAIRS, "clip": public, "also": public, "mixed": mixed}
    pairs["public"] = {"ensemble": {"clip": 1, "also": 1}}
    found = with_repeats({"pairs": pairs, "training": {"seeds": 2}})["pairs"]
    assert found["mixed_seed1"]["ensemble"] == {"bert_vit_seed1": 1, "clip": 1}
    assert "public_seed1" not in found
