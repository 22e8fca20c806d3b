import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from shopclip.metrics.geometry import hubness, times_found


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def draw(count, seed):
    """Unit vectors, float32 (count, 6)."""
    return unit(np.random.default_rng(seed).normal(size=(count, 6)).astype(np.float32))


def naive(queries, gallery, nearest=10):
    """How many queries have each item among their first ten, by a double loop."""
    counts = [0] * len(gallery)
    for query in queries:
        similar = [float(query @ item) for item in gallery]
        for place in sorted(range(len(gallery)), key=lambda item: -similar[item])[:nearest]:
            counts[place] += 1
    return counts


def test_counts_are_those_of_a_naive_double_loop():
    queries, gallery = draw(300, 0), draw(70, 1)  # more queries than are asked at a time
    assert times_found(queries, gallery).tolist() == naive(queries, gallery)


def test_a_gallery_of_ten_is_found_by_all():
    assert times_found(draw(7, 0), draw(10, 1)).tolist() == [7] * 10
    assert times_found(draw(7, 0), draw(4, 1)).tolist() == [7] * 4


def test_items_that_tie_share_the_last_places():
    gallery = np.zeros((13, 2), dtype=np.float32)
    gallery[:9, 0], gallery[9:, 1] = 1, 1  # nine right, then four that are the same
    found = times_found(np.array([[0.8, 0.6]], dtype=np.float32), gallery)
    np.testing.assert_allclose(found, [1.0] * 9 + [0.25] * 4)


def test_one_hub_has_the_skewness_of_a_single_one_among_zeros():
    gallery = np.eye(20)
    queries = np.tile(gallery[3], (7, 1))
    # counts of 7 and nineteen times 0: skewness (m - 2) / √(m - 1), whatever the 7
    assert hubness(queries, gallery, nearest=1) == pytest.approx(18 / math.sqrt(19))


def test_hubness_equals_the_skewness_of_counts_by_sorting():
    queries, gallery = unit(draw(50, 2) + 0.3), draw(40, 3)
    expected = scipy.stats.skew(naive(queries, gallery))
    assert expected > 0.3
    assert hubness(queries, gallery) == pytest.approx(expected)


def test_what_is_found_equally_often_has_no_hubs():
    assert hubness(np.eye(20), np.eye(20), nearest=1) == 0
    assert hubness(unit(np.ones((5, 4))), unit(np.ones((10, 4)))) == 0  # all ten are the nearest


@given(st.integers(11, 400), st.integers(1, 600), st.integers(2, 128))
def test_towers_that_say_the_same_of_everything_have_no_hubs(gallery, queries, embed_dim):
    same = np.full((1, embed_dim), embed_dim**-0.5, dtype=np.float32)
    assert hubness(np.tile(same, (queries, 1)), np.tile(same, (gallery, 1))) == 0


def test_equal_items_share_what_is_found_whatever_their_order():
    queries, gallery = draw(40, 4), np.repeat(draw(8, 5), 5, axis=0)
    order = np.random.default_rng(6).permutation(40)
    there, back = times_found(queries, gallery), times_found(queries, gallery[order])
    np.testing.assert_allclose(back, there[order])
    np.testing.assert_allclose(there.reshape(8, 5), there.reshape(8, 5)[:, :1].repeat(5, axis=1))
    assert hubness(queries, gallery) == pytest.approx(hubness(queries, gallery[order]))
