from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shopclip.metrics.ranks import TIE, Ranks, rank, rank_both


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def random_units(count, seed=0, embed_dim=8):
    return unit(np.random.default_rng(seed).normal(size=(count, embed_dim)))


def test_by_hand():
    queries = unit(np.array([[1.0, 0], [0, 1], [1, 1]]))
    gallery = unit(np.array([[1.0, 0.1], [1, 0], [1, 1]]))
    ranks = rank(queries, gallery)
    # query 0: gallery 1 is nearer than its own 0; query 1: both others are nearer; query 2: first
    assert ranks.better.tolist() == [1, 2, 0]
    assert ranks.tied.tolist() == [1, 1, 1]


@pytest.mark.parametrize("count", [1, 7, 64, 300, 2500])
def test_tiles_equal_a_full_matrix_both_ways(count):
    left, right = random_units(count, 1), random_units(count, 2)
    right[count // 2 :] = right[: count - count // 2]  # so that some tie
    similarities = left @ right.T
    own = np.diagonal(similarities)
    for found, matrix in zip(rank_both(left, right), (similarities, similarities.T), strict=True):
        assert found.better.tolist() == (matrix > own[:, None] + TIE).sum(axis=1).tolist()
        assert found.tied.tolist() == (abs(matrix - own[:, None]) <= TIE).sum(axis=1).tolist()


def test_places_equal_a_full_sort():
    queries, gallery = random_units(64, 1), random_units(64, 2)
    order = np.argsort(-(queries @ gallery.T), axis=1)
    places = np.argmax(order == np.arange(64)[:, None], axis=1)
    assert rank(queries, gallery).better.tolist() == places.tolist()


def test_perfect_embeddings_are_all_first():
    same = random_units(50)
    assert rank(same, same).hits(1).tolist() == [1.0] * 50


@pytest.mark.parametrize("k", [1, 10, 100])
def test_a_constant_embedding_scores_exactly_chance(k):
    constant = np.tile(random_units(1, embed_dim=128), (40, 1))
    assert rank(constant, constant).hits(k).mean() == pytest.approx(min(1, k / 40))


def test_random_embeddings_score_chance():
    hits = rank(random_units(2000, 1), random_units(2000, 2)).hits(100)
    assert hits.mean() == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 2000))


def test_repeated_answers_share_what_they_can_earn_together():
    # Ten products, of which the last four have the same caption: one in four is first.
    answers = random_units(7)[[0, 1, 2, 3, 4, 5, 6, 6, 6, 6]]
    assert rank(answers, answers).hits(1).sum() == pytest.approx(6 + 4 * 0.25)


@given(
    arrays(np.int64, 20, elements=st.integers(0, 30)),
    arrays(np.int64, 20, elements=st.integers(1, 30)),
)
@settings(deadline=None)
def test_hits_are_the_mean_over_every_order_of_the_ties(better, tied):
    for k in (1, 3, 10):
        expected = [
            np.mean([place < k for place in range(b, b + t)])
            for b, t in zip(better, tied, strict=True)
        ]
        np.testing.assert_allclose(Ranks(better, tied).hits(k), expected)


def test_the_order_of_products_does_not_matter():
    queries, gallery = random_units(60, 3), random_units(60, 4)
    shuffled = np.random.default_rng(5).permutation(60)
    assert (
        rank(queries[shuffled], gallery[shuffled]).better.tolist()
        == rank(queries, gallery).better[shuffled].tolist()
    )


def test_reciprocals_by_hand():
    # first; third; one of the places 2 and 3: (1/2 + 1/3) / 2
    ranks = Ranks(np.array([0, 2, 1]), np.array([1, 1, 2]))
    assert ranks.reciprocals().tolist() == pytest.approx([1, 1 / 3, 5 / 12])


@given(st.lists(st.integers(0, 2), min_size=1, max_size=6), st.data())
@settings(deadline=None)
def test_reciprocals_are_the_mean_over_every_order_of_the_gallery(similarities, data):
    own = data.draw(st.integers(0, len(similarities) - 1))
    values = np.array(similarities)
    places = [
        1
        + sum(
            values[order[at]] > values[own]
            or (values[order[at]] == values[own] and at < order.index(own))
            for at in range(len(order))
        )
        for order in permutations(range(len(values)))
    ]
    ranks = Ranks(np.array([sum(values > values[own])]), np.array([sum(values == values[own])]))
    assert ranks.reciprocals()[0] == pytest.approx(np.mean([1 / place for place in places]))


@pytest.mark.parametrize("count", [1, 2, 40, 1000])
def test_the_reciprocals_of_a_constant_embedding_are_those_of_chance(count):
    constant = np.tile(random_units(1, embed_dim=128), (count, 1))
    harmonic = sum(1 / place for place in range(1, count + 1))
    assert rank(constant, constant).reciprocals() == pytest.approx(harmonic / count)


def test_no_queries_have_no_reciprocals():
    assert Ranks(np.array([], dtype=int), np.array([], dtype=int)).reciprocals().shape == (0,)


@given(
    arrays(np.int64, 20, elements=st.integers(0, 30)),
    arrays(np.int64, 20, elements=st.integers(1, 30)),
)
@settings(deadline=None)
def test_reciprocals_lie_between_the_first_and_the_last_of_the_tied_places(better, tied):
    found = Ranks(better, tied).reciprocals()
    assert (found <= 1 / (better + 1) + 1e-12).all()
    assert (found >= 1 / (better + tied) - 1e-12).all()
