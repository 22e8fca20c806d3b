import math

import numpy as np
import pandas as pd
import pytest

from shopclip.metrics.geometry import HUBNESS_SAMPLE, geometry, hubness
from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.evaluation import nodes
from shopclip.pipelines.evaluation.nodes import (
    MISSES,
    rank_captions,
    rank_examples,
    retrieve,
    score,
)
from shopclip.tables.contamination import remember

PARAMETERS = EvaluationParameters(resamples=100, gallery_captions=2, gallery_pictures=3)


def unit(count, seed, embed_dim=16):
    rows = np.random.default_rng(seed).normal(size=(count, embed_dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def examples():
    count = 30
    return pd.DataFrame(
        {
            "id": [f"p{i}" for i in range(count)],
            "row": range(count),
            "caption": [f"caption {i}" for i in range(count)],
            "caption_id": range(count),
            "split": ["held_out" if i % 3 == 0 else "train" for i in range(count)],
        }
    )


def diagnose(images, texts, training_log, split="train", trained=False):
    """What is found of a pair whose products have a caption each."""
    count = len(images)
    captions = {"caption": [f"caption {i}" for i in range(count)], "caption_id": range(count)}
    products = pd.DataFrame(captions).assign(split=split)
    seen = remember(products.assign(split="train").iloc[: count // 2], trained=trained)
    return nodes.diagnose(images, texts, training_log, products, seen)


def log(losses):
    return pd.DataFrame({"loss": losses, "chance_loss": math.log(64)})


def scores_of(images, texts, examples, losses=(0.5,)):
    return score(PARAMETERS, **run_of("a", images, texts, examples, losses))


def run_of(name, images, texts, examples, losses=(0.5,)):
    return {
        f"ranks_{name}": rank_examples(images, texts, examples),
        f"caption_ranks_{name}": rank_captions(images, texts, examples),
        f"diagnostics_{name}": diagnose(images, texts, log(list(losses))),
    }


def retrieve_from(images, texts, examples):
    return retrieve(images, texts, examples, rank_examples(images, texts, examples), PARAMETERS)


def of_metric(scores, metric):
    return scores[(scores["metric"] == metric) & (scores["answers"] == "own")]


def test_perfect_embeddings_are_right_in_both_protocols_and_directions(examples):
    scores = of_metric(scores_of(unit(30, 0), unit(30, 0), examples), "accuracy")
    assert scores[["protocol", "direction"]].values.tolist() == [
        ["paper", "image_to_text"],
        ["paper", "text_to_image"],
        ["held_out", "image_to_text"],
        ["held_out", "text_to_image"],
    ]
    assert (scores["value"] == 1).all()
    assert scores["gallery"].tolist() == [30, 30, 10, 10]
    assert not scores["collapsed"].any()


def test_constant_embeddings_score_chance_and_are_called_collapsed(examples):
    constant = np.tile(unit(1, 0), (30, 1))
    scores = scores_of(constant, constant, examples)
    np.testing.assert_allclose(scores["value"], scores["chance"])
    assert scores["collapsed"].all()


def test_a_collapse_of_one_run_is_counted_and_not_averaged_away(examples):
    constant = np.tile(unit(1, 0), (30, 1))
    runs = run_of("a", unit(30, 0), unit(30, 0), examples)
    scores = score(PARAMETERS, **runs, **run_of("a_seed1", constant, constant, examples))
    assert scores["collapsed"].eq(1).all()
    assert of_metric(scores, "accuracy")["seed_high"].eq(1).all()


def test_held_out_queries_are_ranked_among_held_out_products_alone(examples):
    ranks = rank_examples(unit(30, 0), unit(30, 1), examples)
    kept_out = ranks[ranks["protocol"] == "held_out"]
    assert set(kept_out["id"]) == set(examples["id"][::3])
    assert (kept_out["better"] < 10).all()


def test_a_loss_stuck_at_chance_is_a_collapse():
    assert diagnose(unit(30, 0), unit(30, 1), log([4.5, 4.2, 4.16] * 20))["collapsed"]
    assert not diagnose(unit(30, 0), unit(30, 1), log([4.1, 3.0, 2.0] * 20))["collapsed"]


def test_the_loss_is_compared_with_the_chance_of_the_same_steps():
    table = log([5.0] * 40 + [2.0] * 20).assign(chance_loss=[9.0] * 40 + [5.0, 5.2] * 10)
    facts = diagnose(unit(30, 0), unit(30, 1), table)
    assert facts["final_loss"] == pytest.approx(2)
    assert facts["chance_loss"] == pytest.approx(5.1)


@pytest.mark.parametrize("losses", [[], [1.0] * 5])
def test_diagnostics_are_numbers_truth_values_or_nothing(losses):
    facts = diagnose(unit(30, 0), unit(30, 1), log(losses))
    assert {type(value) for value in facts.values()} <= {int, float, bool, type(None)}


def test_hubness_is_that_of_images_found_by_captions():
    images, texts = unit(300, 0, 8), unit(300, 1, 8)
    found = diagnose(images, texts, log([1.0]))["hubness"]
    assert found == pytest.approx(hubness(texts, images))
    assert found != pytest.approx(hubness(images, texts))


def test_hubness_of_many_products_is_that_of_some_of_them():
    images, texts = unit(4000, 0, 8), unit(4000, 1, 8)
    found = diagnose(images, texts, log([1.0]))["hubness"]
    every_other = slice(None, None, 2)
    assert found == pytest.approx(hubness(texts[every_other], images[every_other]), abs=0.3)
    assert diagnose(images, texts, log([1.0]))["hubness"] == found


def test_towers_that_were_not_trained_have_no_loss():
    facts = diagnose(unit(30, 0), unit(30, 1), log([]))
    assert facts["final_loss"] is None
    assert facts["chance_loss"] is None
    assert not facts["collapsed"]


def test_retrieved_pictures_are_marked_as_hits_by_their_caption(examples):
    found = retrieve_from(unit(30, 0), unit(30, 0), examples)
    assert set(found["kind"]) == {"typical"}  # perfect towers miss nothing
    assert found.groupby("query")["place"].apply(list).tolist() == [[1, 2, 3]] * 2
    first = found[found["place"] == 1]
    assert first["hit"].all()
    assert not found[found["place"] > 1]["hit"].any()
    assert set(found["id"]) <= set(examples["id"][::3])


@pytest.mark.parametrize(
    ("split", "trained", "share"),
    [("held_out", True, 0.5), ("held_out", False, 0.0), ("train", True, 0.0)],
)
def test_held_out_products_that_the_pair_knows_are_counted(split, trained, share):
    found = diagnose(unit(30, 0), unit(30, 1), log([1.0]), split, trained)
    assert found["held_out_seen"] == share


def test_misses_are_the_captions_whose_picture_stands_furthest_down(examples):
    images, texts = unit(30, 0), unit(30, 1)
    found = retrieve_from(images, texts, examples)
    misses = found[found["kind"] == "miss"]
    gallery = np.arange(0, 30, 3)  # the held-out ones
    similar = texts[gallery] @ images[gallery].T
    better = (similar > np.diag(similar)[:, None]).sum(axis=1)
    assert misses.groupby("query")["place"].apply(list).tolist() == [[1, 2, 3]] * MISSES
    for row in misses.to_dict("records"):
        asked = int(row["asked"].removeprefix("p")) // 3
        assert row["better"] == better[asked]
        nearest = gallery[np.argsort(-similar[asked])[row["place"] - 1]]
        assert row["id"] == f"p{nearest}"
    by_query = misses.drop_duplicates("query")["better"].tolist()
    assert by_query == sorted(better, reverse=True)[:MISSES]


def test_geometry_is_that_of_the_held_out_examples_or_of_all(examples):
    images, texts = unit(30, 0), unit(30, 1)
    seen = remember(examples, trained=True)
    found = nodes.diagnose(images, texts, log([1.0]), examples, seen)
    for name, value in geometry(images[::3], texts[::3]).items():
        assert found[name] == value
    found = diagnose(images, texts, log([1.0]))
    assert found["alignment"] == geometry(images, texts)["alignment"]


def test_geometry_of_many_examples_is_that_of_some_of_them():
    images, texts = unit(4001, 0, 8), unit(4001, 1, 8)
    some = np.unique(np.linspace(0, 4000, HUBNESS_SAMPLE).astype(int))
    found = diagnose(images, texts, log([1.0]))
    assert found["modality_gap"] == geometry(images[some], texts[some])["modality_gap"]
