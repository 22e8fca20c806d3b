import pytest

from shopclip.hooks.made_by import agree, given_in_vain, relevant
from shopclip.provenance import ProvenanceError, Record

RECIPE = {"epochs": 12, "batch_size": 64}
TRAINING = {"recipe": RECIPE, "embed_dim": 128, "seed": 0, "device": "auto", "workers": 1}
PAIR = {"text": {"name": "a"}, "recipe": {}}


def trained(pair="a", **training):
    return {"training": {**TRAINING, **training}, "pairs": {pair: PAIR}}


def test_where_a_pair_is_trained_decides_nothing():
    given = {"training": TRAINING, "pairs.a": PAIR, "engine": {"kind": "ray"}, "images": {}}
    kept = relevant("a.train", given)
    assert kept == {
        "training": {"recipe": RECIPE, "embed_dim": 128, "seed": 0},
        "pairs": {"a": PAIR},
    }


def test_where_a_database_lies_is_no_part_of_what_an_index_is():
    """Its default is a path in the project, which a copy of the project has elsewhere."""
    index = {"index": {"kind": "exact", "uri": "/a/project/milvus.db"}}
    assert relevant("a.build_index", index) == {"index": {"kind": "exact"}}


def test_a_node_that_uses_some_of_a_block_keeps_those():
    given = {"evaluation": {"resamples": 100, "zero_shot": {"gender": ["{value}"]}}}
    assert relevant("collect_queries", given) == {
        "evaluation": {"zero_shot": {"gender": ["{value}"]}}
    }
    assert relevant("a.embed_images", {"training": TRAINING}) == {}
    assert relevant("a.score", given) == given


def test_a_parameter_that_comes_too_late_is_refused_with_the_stage_that_would_use_it():
    earlier = {"a.train": Record("a.train", {}, parameters=trained(), stage="training")}
    given_in_vain({"training": {"seed": 0}, "evaluation": {"resamples": 200}}, earlier)
    with pytest.raises(
        ProvenanceError,
        match=r"^training.seed=7: comes too late .* The stage training used training.seed=0: .*add",
    ):
        given_in_vain({"training": {"seed": 7}}, earlier)
    with pytest.raises(ProvenanceError, match=r"^training.recipe.epochs=3: "):
        given_in_vain({"training": {"recipe": {"epochs": 3}}}, earlier)


def test_what_was_made_earlier_is_told_with_the_parameters_of_then():
    made = {"a.train": trained(seed=7), "split_captions": {"splits": {"held_out": 0.3}}}
    current = {"training": TRAINING, "splits": {"held_out": 0.1, "seed": 1}, "pairs": {"a": PAIR}}
    told = agree(made, current)
    assert told["training"]["seed"] == 7
    assert told["splits"] == {"held_out": 0.3, "seed": 1}
    assert current["training"]["seed"] == 0


def test_two_values_that_cannot_both_be_told_are_refused():
    made = {
        "a.score": {"evaluation": {"confidence": 0.9}},
        "compare_pairs": {"evaluation": {"confidence": 0.95}},
    }
    with pytest.raises(
        ProvenanceError, match=r"evaluation.confidence: 0.9 for a.score, 0.95 for c"
    ):
        agree(made, {})


def test_pairs_trained_by_other_recipes_keep_their_own():
    made = {
        "a.train": trained("a"),
        "b.train": trained("b", recipe={"epochs": 30, "batch_size": 64}),
    }
    told = agree(made, {"training": {"recipe": {"epochs": 1}}, "pairs": {"a": PAIR, "b": PAIR}})
    recipes = {
        pair: {**told["training"]["recipe"], **told["pairs"][pair]["recipe"]} for pair in "ab"
    }
    assert recipes == {"a": RECIPE, "b": {"epochs": 30, "batch_size": 64}}


def test_a_pair_that_is_not_configured_any_more_is_told_of_nevertheless():
    told = agree({"b.train": trained("b")}, {"training": TRAINING, "pairs": {"a": PAIR}})
    assert told["pairs"] == {"a": PAIR, "b": PAIR}
