import json
import time
import tracemalloc

import numpy as np
import pytest

from shopclip.metrics.retrieval import measure
from shopclip.tables.ground_truth import (
    Benchmark,
    BenchmarkError,
    BenchmarkScores,
    rank_by_chance,
    score,
)


def written(folder, text):
    file = folder / "truth.json"
    file.write_text(text)
    return file


def test_reads_captions_and_ids(tmp_path):
    truth = {"Red Shirt": {"1": 1, "2": 1}, "Blue Cap": {"3": 1}}
    benchmark = Benchmark.read(written(tmp_path, json.dumps(truth)))
    assert benchmark.relevant == {"Red Shirt": ("1", "2"), "Blue Cap": ("3",)}
    assert benchmark.captions == ("Red Shirt", "Blue Cap")
    assert benchmark.ids == {"1", "2", "3"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,caption\n1,Red Shirt\n", "cannot be read"),
        ("[" * 100_000, "truth.json"),
        ("[]", "list of no caption"),
        ("{}", "dict of no caption"),
        ('{"Red Shirt": ["1"]}', r"has \[\"1\"\] for the caption 'Red Shirt'"),
        ('{"Red Shirt": {}}', "for the caption 'Red Shirt'"),
        ('{" ": {"1": 1}}', "for the caption ' '"),
    ],
)
def test_another_kind_of_file_is_an_error_that_says_what_is_expected(tmp_path, text, message):
    with pytest.raises(BenchmarkError, match=message) as error:
        Benchmark.read(written(tmp_path, text))
    assert 'expected JSON of the shape {"a caption": {"an id": 1}}' in str(error.value)


def test_a_picture_is_no_benchmark(tmp_path):
    file = tmp_path / "truth.json"
    file.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(BenchmarkError, match="cannot be read"):
        Benchmark.read(file)


def test_a_missing_file_is_named_with_its_parameter(tmp_path):
    with pytest.raises(BenchmarkError, match=r"splits\.benchmark: .*nothing\.json"):
        Benchmark.read(tmp_path / "nothing.json")


def test_a_file_is_named_with_the_parameter_that_asks_for_it(tmp_path):
    with pytest.raises(BenchmarkError, match=r"^evaluation\.benchmark: "):
        Benchmark.read(tmp_path / "nothing.json", parameter="evaluation.benchmark")


TRUTH = Benchmark({"one": ("a",), "two": ("b", "c"), "elsewhere": ("z",)})
GALLERY = np.eye(4, dtype=np.float32)  # a, b, c, d


def test_scores_by_hand():
    asked = np.array([[0.1, 0.9, 0, 0], [0, 0.5, 0.4, 0], [1, 0, 0, 0]], dtype=np.float32)
    scores = score(TRUTH, asked, GALLERY, ["a", "b", "c", "d"])
    # "one" finds a in the second place, "two" b and c in the first two; "elsewhere" has no answer.
    assert scores == BenchmarkScores(2, 4, (0 + 1 / 2) / 2, 1.0, (1 / 2 + 1) / 2)


def test_an_answer_beyond_the_tenth_place_counts_for_nothing():
    gallery = np.linspace(1, 0.1, 20)[:, None]
    truth = Benchmark({"last": ("19",)})
    scores = score(truth, np.ones((1, 1)), gallery, [str(i) for i in range(20)])
    assert scores == BenchmarkScores(1, 20, 0, 0, 0)


def test_a_gallery_without_the_benchmarks_products_cannot_be_scored():
    with pytest.raises(BenchmarkError, match="no product of the benchmark"):
        score(TRUTH, np.eye(3, 4), GALLERY, ["p", "q", "r", "s"])


def unit(count, seed, dimensions=8):
    rows = np.random.default_rng(seed).normal(size=(count, dimensions))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def naively(truth, asked, gallery, ids):
    """The protocol in words: sort the gallery, look at the first ten."""
    recalls_1, recalls_10, reciprocals = [], [], []
    for embedding, wanted in zip(asked, truth.relevant.values(), strict=True):
        right = {id_ for id_ in wanted if id_ in ids}
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
    found = score(truth, asked, gallery, ids)
    assert (found.queries, found.gallery) == (expected.queries, expected.gallery)
    for name in ("recall_at_1", "recall_at_10", "mrr_at_10"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-12)
    assert 0 < expected.recall_at_1 < expected.recall_at_10


@pytest.mark.parametrize("wanted", [("0",), ("39",), ("0", "39"), tuple(map(str, range(40)))])
def test_a_constant_embedding_scores_chance_wherever_its_answers_stand(wanted):
    gallery = np.tile(unit(1, 0), (40, 1))
    found = score(Benchmark({"any": wanted}), unit(1, 1), gallery, [str(i) for i in range(40)])
    assert found.recall_at_1 == pytest.approx(1 / 40)
    assert found.recall_at_10 == pytest.approx(10 / 40)
    by_chance = measure(rank_by_chance(40, [np.arange(len(wanted))]))
    assert found.mrr_at_10 == pytest.approx(by_chance["mrr_at_10"][0])


def test_chance_is_what_random_orders_find():
    generator = np.random.default_rng(0)
    relevant = [np.arange(3), np.arange(11)]
    chance = measure(rank_by_chance(25, relevant))
    draws = [
        [generator.permutation(25)[:10] < len(right) for right in relevant] for _ in range(8000)
    ]
    firsts = np.array(draws, dtype=float)
    np.testing.assert_allclose(chance["precision_at_10"], firsts.mean(axis=(0, 2)), atol=0.01)
    places = np.where(firsts.any(axis=2), 1 / (firsts.argmax(axis=2) + 1), 0).mean(axis=0)
    np.testing.assert_allclose(chance["mrr_at_10"], places, atol=0.015)


def test_permuting_the_gallery_changes_nothing():
    truth = Benchmark({f"caption {i}": (f"p{i}", f"p{2 * i}") for i in range(50)})
    ids, asked, gallery = [f"p{i}" for i in range(100)], unit(50, 3), unit(100, 4)
    order = np.random.default_rng(0).permutation(100)
    assert score(truth, asked, gallery[order], [ids[i] for i in order]) == score(
        truth, asked, gallery, ids
    )


@pytest.mark.slow
def test_two_thousand_captions_and_forty_thousand_images_take_seconds_and_little_memory():
    ids = [str(i) for i in range(40_000)]
    truth = Benchmark({f"caption {i}": (str(i), str(20 * i)) for i in range(2000)})
    asked, gallery = unit(2000, 0, 128), unit(40_000, 1, 128)
    tracemalloc.start()
    started = time.process_time()
    found = score(truth, asked, gallery, ids)
    seconds, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.queries == 2000
    assert seconds < 30
    assert peak < 64 * 2**20
