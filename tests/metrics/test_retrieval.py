from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from shopclip.metrics.retrieval import CUTOFFS, TieGroups, measure


def groups_of(similarities, right):
    """One query's tie groups, from its similarities and which of the items are right."""
    own = similarities[right]
    better = np.array([np.sum(similarities > one) for one in own])
    tied = np.array([np.sum(similarities == one) for one in own])
    return TieGroups.collect(np.zeros(len(own), int), better, tied)


def naive(order):
    """Metrics of one ranked list of truth values, written as the textbooks do."""
    answers, metrics = sum(order), {}
    for k in CUTOFFS:
        metrics[f"recall_at_{k}"] = sum(order[:k]) / answers
        metrics[f"hit_at_{k}"] = float(any(order[:k]))
    metrics["precision_at_1"] = float(order[0])
    metrics["precision_at_10"] = sum(order[:10]) / 10
    first = order.index(True) + 1
    metrics["first_place"] = first
    metrics["mrr_at_10"] = 1 / first if first <= 10 else 0.0
    precisions = [sum(order[: i + 1]) / (i + 1) for i, one in enumerate(order[:10]) if one]
    metrics["map_at_10"] = sum(precisions) / min(answers, 10)
    gain = sum(1 / np.log2(i + 2) for i, one in enumerate(order[:10]) if one)
    metrics["ndcg_at_10"] = gain / sum(1 / np.log2(i + 2) for i in range(min(answers, 10)))
    return metrics


def every_order(similarities, right):
    """All orders of the gallery that the similarities allow, as lists of truth values."""
    items = range(len(similarities))
    for order in permutations(items):
        if all(similarities[a] >= similarities[b] for a, b in pairwise(order)):
            yield [bool(right[item]) for item in order]


galleries = st.integers(2, 7).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 3), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n, max_size=n).filter(any),
    )
)


@given(galleries)
def test_ties_have_the_mean_over_all_orders(gallery):
    similarities, right = (np.array(values) for values in gallery)
    lists = [naive(order) for order in every_order(similarities, right)]
    found = measure(groups_of(similarities, right))
    for name, values in found.items():
        assert values[0] == pytest.approx(np.mean([one[name] for one in lists])), name


@given(st.integers(0, 10_000), st.integers(1, 60))
def test_without_ties_equals_the_textbook(seed, answers):
    generator = np.random.default_rng(seed)
    similarities = generator.permutation(150)
    right = np.zeros(150, bool)
    right[generator.choice(150, answers, replace=False)] = True
    expected = naive(list(right[np.argsort(-similarities)]))
    for name, values in measure(groups_of(similarities, right)).items():
        assert values[0] == pytest.approx(expected[name]), name


@given(galleries)
def test_ndcg_equals_that_of_scikit_learn(gallery):
    similarities, right = (np.array(values) for values in gallery)
    expected = ndcg_score(right[None].astype(int), similarities[None].astype(float), k=10)
    assert measure(groups_of(similarities, right))["ndcg_at_10"][0] == pytest.approx(expected)


def test_queries_do_not_mix():
    query = np.array([1, 0, 1, 0])
    better, tied = np.array([4, 0, 0, 2]), np.array([1, 1, 1, 1])
    found = measure(TieGroups.collect(query, better, tied))
    assert found["map_at_10"].tolist() == pytest.approx([(1 + 2 / 3) / 2, (1 + 2 / 5) / 2])
    assert found["recall_at_1"].tolist() == [0.5, 0.5]


def test_a_constant_embedding_has_what_chance_has():
    everything_ties = TieGroups(*(np.array([value]) for value in (0, 0, 1000, 3)))
    found = measure(everything_ties)
    assert found["recall_at_10"][0] == pytest.approx(0.01)
    assert found["hit_at_1"][0] == pytest.approx(0.003)
    assert found["first_place"][0] == pytest.approx(1001 / 4)


def test_no_query_no_metric():
    none = np.empty(0, np.int64)
    assert all(not len(values) for values in measure(TieGroups.collect(none, none, none)).values())
