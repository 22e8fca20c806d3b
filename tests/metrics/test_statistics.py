import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap
from sklearn.utils import check_random_state

from shopclip.metrics.statistics import (
    bootstrap_means,
    bootstrap_median,
    cluster_sums,
    holm,
    paired_difference,
    paired_p_value,
)

KNOBS = {"resamples": 1000, "confidence": 0.95}


def scores(count, seed=0):
    return np.random.default_rng(seed).random((count, 2)) ** 3


def test_with_a_query_a_cluster_the_interval_is_that_of_scipy():
    values = scores(400)
    low, high = bootstrap_means(values, np.arange(400), **KNOBS)
    for column in range(2):
        expected = bootstrap(
            (values[:, column],),
            np.mean,
            n_resamples=4000,
            method="percentile",
            rng=np.random.default_rng(1),
        ).confidence_interval
        assert low[column] == pytest.approx(expected.low, abs=0.004)
        assert high[column] == pytest.approx(expected.high, abs=0.004)


def test_copies_of_a_query_in_one_cluster_add_no_certainty():
    values = scores(100)
    once = bootstrap_means(values, np.arange(100), **KNOBS)
    tenfold = bootstrap_means(np.repeat(values, 10, axis=0), np.repeat(np.arange(100), 10), **KNOBS)
    np.testing.assert_allclose(once, tenfold)
    ignorant = bootstrap_means(np.repeat(values, 10, axis=0), np.arange(1000), **KNOBS)
    assert (ignorant[1] - ignorant[0] < 0.5 * (once[1] - once[0])).all()


def test_covers_the_truth_about_as_often_as_it_says():
    covered = 0
    for seed in range(200):
        state = check_random_state(seed)
        effects = np.repeat(state.normal(0, 1, 60), 5)  # five queries a caption
        values = (effects + state.normal(0, 1, 300))[:, None]
        low, high = bootstrap_means(
            values, np.repeat(np.arange(60), 5), resamples=200, confidence=0.95
        )
        covered += bool(low[0] <= 0 <= high[0])
    assert 0.89 <= covered / 200 <= 0.99


def test_a_constant_column_is_certain():
    low, high = bootstrap_means(np.full((7, 1), 1 / 3), np.arange(7) // 2, **KNOBS)
    assert (low[0], high[0]) == (1 / 3, 1 / 3)


def test_the_interval_of_a_median_is_that_of_scipy():
    values = np.random.default_rng(3).geometric(0.05, 301).astype(float)
    low, high = bootstrap_median(values, np.arange(301), **KNOBS)
    expected = bootstrap(
        (values,), np.median, n_resamples=2000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert low == pytest.approx(expected.low, abs=1)
    assert high == pytest.approx(expected.high, abs=1)


def test_queries_in_any_order_have_the_same_interval():
    values, clusters = scores(90), np.arange(90) // 3
    order = np.random.default_rng(0).permutation(90)
    there = bootstrap_means(values, clusters, **KNOBS)
    np.testing.assert_allclose(bootstrap_means(values[order], clusters[order], **KNOBS), there)


def test_a_large_difference_is_no_luck_and_none_is():
    noise = np.random.default_rng(0).normal(size=200)
    assert paired_p_value(noise + 1, np.arange(200), resamples=999) == pytest.approx(0.002)
    assert paired_p_value(np.zeros(5), np.arange(5), resamples=999) == 1.0
    assert paired_p_value(np.array([0, 0.5, 0]), np.arange(3), resamples=999) == 1.0


def test_queries_of_a_caption_change_sides_together():
    # Of the 2^5 sign flips of five captions two are as extreme; of 20 queries, two of 2^20.
    captions = np.repeat(np.arange(5), 4)
    assert paired_p_value(np.ones(20), captions, resamples=999) == pytest.approx(2 / 32)
    found = paired_difference(np.ones(20), captions, resamples=999, confidence=0.95)
    assert found["p_value"] == pytest.approx(2 / 32)


def test_p_values_of_no_difference_are_uniform():
    values = [
        paired_p_value(
            np.random.default_rng(seed).normal(size=50), np.arange(50) // 2, resamples=199
        )
        for seed in range(200)
    ]
    assert np.mean(np.array(values) < 0.05) <= 0.1
    assert np.mean(values) == pytest.approx(0.5, abs=0.07)


def test_holm_by_hand():
    # Holm 1979: 3 x 0.01, then 2 x 0.03, then at least what came before
    assert holm(np.array([0.03, 0.01, 0.04])).tolist() == pytest.approx([0.06, 0.03, 0.06])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]
    assert holm(np.array([])).tolist() == []


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-9, 9)), min_size=1, max_size=30))
def test_sums_by_cluster_equal_a_loop(rows):
    clusters, values = (np.array(column) for column in zip(*rows, strict=True))
    sums, sizes = cluster_sums(values[:, None], clusters)
    for place, cluster in enumerate(sorted(set(clusters.tolist()))):
        mine = [value for one, value in rows if one == cluster]
        assert (sums[place, 0], sizes[place]) == (sum(mine), len(mine))
