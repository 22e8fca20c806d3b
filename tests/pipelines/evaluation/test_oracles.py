"""What the scores of whole pairs must be when the towers are known."""

import numpy as np
import pandas as pd
import pytest

from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.evaluation.nodes import rank_captions, rank_examples, score

COUNT, PARAMETERS = 400, EvaluationParameters(resamples=300)
SOUND = {"collapsed": False}


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def normal(seed, count=COUNT, width=64):
    return unit(np.random.default_rng(seed).normal(size=(count, width)))


@pytest.fixture
def examples():
    """Products of which about a third share their caption; a quarter is held out."""
    captions = np.random.default_rng(5).integers(0, 500, COUNT)
    split = np.where(captions % 4 == 0, "held_out", "train")
    ids = [f"p{number}" for number in range(COUNT)]
    return pd.DataFrame({"id": ids, "caption_id": captions, "split": split})


def scores_of(images, texts, examples):
    given = images, texts, examples
    return score(
        PARAMETERS,
        ranks_a=rank_examples(*given),
        caption_ranks_a=rank_captions(*given),
        diagnostics_a=SOUND,
    )


def of_captions(examples, seed):
    """A text embedding a caption, as embedding makes them."""
    return normal(seed, 500)[examples["caption_id"]]


def test_random_towers_score_at_chance_within_the_interval(examples):
    within = []
    for seed in range(12):
        scores = scores_of(normal(seed), of_captions(examples, 100 + seed), examples)
        # Where chance finds a handful or none, an interval of what was found says little.
        scores = scores[scores["chance"] * scores["queries"] > 15]
        within += list((scores["low"] <= scores["chance"]) & (scores["chance"] <= scores["high"]))
    assert np.mean(within) > 0.88  # of intervals that cover 95 %


def test_perfect_towers_score_at_the_ceiling(examples):
    apart = unit(np.eye(500)[examples["caption_id"]])
    scores = scores_of(apart, apart, examples)
    np.testing.assert_allclose(scores["value"], scores["ceiling"])
    accuracy = scores[(scores["metric"] == "accuracy") & (scores["protocol"] == "paper")]
    expected = examples["caption_id"].nunique() / COUNT
    np.testing.assert_allclose(accuracy["value"], expected)


def test_no_towers_score_above_the_ceiling(examples):
    texts = of_captions(examples, 3)
    images = unit(texts + 0.05 * normal(4))
    scores = scores_of(images, texts, examples).query("metric != 'median_rank'")
    assert (scores["value"] <= scores["ceiling"] + 1e-3).all()  # near ties are no exact ones
    assert (scores["value"] >= scores["chance"]).all()


def test_constant_towers_score_exactly_chance(examples):
    constant = np.tile(normal(0, 1), (COUNT, 1))
    scores = scores_of(constant, constant, examples)
    places = scores["metric"] == "median_rank"
    np.testing.assert_allclose(scores["value"][~places], scores["chance"][~places])
    assert (scores["value"][places] >= scores["chance"][places]).all()


def test_the_order_of_the_products_changes_nothing(examples):
    texts = of_captions(examples, 3)
    images = unit(texts + normal(4))
    order = np.random.default_rng(0).permutation(COUNT)
    there = scores_of(images, texts, examples)
    back = scores_of(images[order], texts[order], examples.iloc[order].reset_index(drop=True))
    pd.testing.assert_frame_equal(there, back)
