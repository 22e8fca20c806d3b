import time
import tracemalloc

import numpy as np
import pytest

from benchmark_scores import BenchmarkScores, score_benchmark
from shopclip.metrics.retrieval import measure
from shopclip.tables.ground_truth import Benchmark, BenchmarkError, rank_by_chance

TRUTH = Benchmark({"one": ("a",), "two": ("b", "c"), "elsewhere": ("z",)})
GALLERY = np.eye(4, dtype=np.float32)  # a, b, c, d


def test_scores_by_hand():
    asked = np.array([[0.1, 0.9, 0, 0], [0, 0.5, 0.4, 0], [1, 0, 0, 0]], dtype=np.float32)
    scores = score_benchmark(TRUTH, asked, GALLERY, ["a", "b", "c", "d"])
    # "one" finds a in the second place, "two" b and c in the first two; "elsewhere" has no answer.
    assert scores == BenchmarkScores(2, 4, (0 + 1 / 2) / 2, 1.0, (1 / 2 + 1) / 2)


def test_an_answer_beyond_the_tenth_place_counts_for_nothing():
    gallery = np.linspace(1, 0.1, 20)[:, None]
    truth = Benchmark({"last": ("19",)})
    scores = score_benchmark(truth, np.ones((1, 1)), gallery, [str(i) for i in range(20)])
    assert scores == BenchmarkScores(1, 20, 0, 0, 0)


def test_a_gallery_without_the_benchmarks_products_cannot_be_scored():
    with pytest.raises(BenchmarkError, match="no product of the benchmark"):
        score_benchmark(TRUTH, np.eye(3, 4), GALLERY, ["p", "q", "r", "s"])


def unit(count, seed, embed_dim=8):
    rows = np.random.default_rng(seed).normal(size=(count, embed_dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def naively(truth, asked, gallery, ids):
    """The protocol in words: sort the gallery, look at the first ten."""
    recalls_1, recalls_10, reciprocals = [], [], []
    for embedding, answers in zip(asked, truth.relevant.values(), strict=True):
        right = {id_ for id_ in answers if id_ in ids}
        if not right:
            continue
        order = sorted(range(len(ids)), key=lambda place: -float(gallery[place] @ embedding))
        first = [ids[place] in right for place in order[:10]]
        recalls_1.append(first[0] / len(right))
        recalls_10.append(sum(first) / len(right))
        reciprocals.append(1 / (first.index(True) + 1) if True in first else 0.0)
    count = len(reciprocals)
    return BenchmarkScores(
        count, len(ids), sum(recalls_1) / count, sum(recalls_10) / count, sum(reciprocals) / count
    )


def test_scores_are_those_of_the_protocol_in_words():
    generator = np.random.default_rng(0)
    ids = [f"p{i}" for i in range(300)]
    truth = Benchmark(
        {
            f"caption {i}": tuple(generator.choice([*ids, "z1", "z2"], generator.integers(1, 30)))
            for i in range(150)
        }
    )
    truth = Benchmark({caption: tuple(set(found)) for caption, found in truth.relevant.items()})
    asked, gallery = unit(150, 1), unit(300, 2)
    expected = naively(truth, asked, gallery, ids)
    found = score_benchmark(truth, asked, gallery, ids)
    assert (found.queries, found.gallery) == (expected.queries, expected.gallery)
    for name in ("recall_at_1", "recall_at_10", "mrr_at_10"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-12)
    assert 0 < expected.recall_at_1 < expected.recall_at_10


@pytest.mark.parametrize("answers", [("0",), ("39",), ("0", "39"), tuple(map(str, range(40)))])
def test_a_constant_embedding_scores_chance_wherever_its_answers_stand(answers):
    gallery = np.tile(unit(1, 0), (40, 1))
    found = score_benchmark(
        Benchmark({"any": answers}), unit(1, 1), gallery, [str(i) for i in range(40)]
    )
    assert found.recall_at_1 == pytest.approx(1 / 40)
    assert found.recall_at_10 == pytest.approx(10 / 40)
    by_chance = measure(rank_by_chance(40, [np.arange(len(answers))]))
    assert found.mrr_at_10 == pytest.approx(by_chance["mrr_at_10"][0])


def test_permuting_the_gallery_changes_nothing():
    truth = Benchmark({f"caption {i}": (f"p{i}", f"p{2 * i}") for i in range(50)})
    ids, asked, gallery = [f"p{i}" for i in range(100)], unit(50, 3), unit(100, 4)
    order = np.random.default_rng(0).permutation(100)
    assert score_benchmark(
        truth, asked, gallery[order], [ids[i] for i in order]
    ) == score_benchmark(truth, asked, gallery, ids)


@pytest.mark.slow
def test_two_thousand_captions_and_forty_thousand_images_take_seconds_and_little_memory():
    ids = [str(i) for i in range(40_000)]
    truth = Benchmark({f"caption {i}": (str(i), str(20 * i)) for i in range(2000)})
    asked, gallery = unit(2000, 0, 128), unit(40_000, 1, 128)
    tracemalloc.start()
    started = time.process_time()
    found = score_benchmark(truth, asked, gallery, ids)
    seconds, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.queries == 2000
    assert seconds < 30
    assert peak < 64 * 2**20
