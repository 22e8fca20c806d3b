import numpy as np
import pandas as pd
import pytest

from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.evaluation.scores import interval, score_ranks

PARAMETERS = EvaluationParameters()


def test_shares_and_chance_by_hand():
    group = pd.DataFrame({"better": [0, 0, 9, 40], "tied": [1, 2, 1, 1], "gallery": 50})
    scores = score_ranks(group, PARAMETERS)
    assert scores["queries"] == 4
    assert scores["accuracy"] == pytest.approx((1 + 0.5) / 4)
    assert scores["top10_accuracy"] == pytest.approx(3 / 4)
    assert scores["top100_accuracy"] == 1
    assert (scores["chance_accuracy"], scores["chance_top10"]) == (1 / 50, 10 / 50)
    assert scores["chance_top100"] == 1  # a hundred are more than there are


def test_the_interval_agrees_with_the_normal_one_for_many_queries():
    hits = (np.random.default_rng(0).random(2000) < 0.3).astype(float)
    low, high = interval(hits, PARAMETERS)
    width = 1.96 * np.sqrt(0.3 * 0.7 / 2000)
    assert low == pytest.approx(hits.mean() - width, abs=0.004)
    assert high == pytest.approx(hits.mean() + width, abs=0.004)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    covered = 0
    for seed in range(200):
        hits = (np.random.default_rng(seed).random(300) < 0.4).astype(float)
        low, high = interval(hits, EvaluationParameters(resamples=200))
        covered += low <= 0.4 <= high
    assert 0.90 <= covered / 200 <= 0.99


def test_the_interval_of_equal_hits_is_a_point():
    assert interval(np.ones(5), PARAMETERS) == (1.0, 1.0)
