import json

import numpy as np
import pytest

from shopclip.metrics.retrieval import measure
from shopclip.tables.ground_truth import Benchmark, BenchmarkError, rank_by_chance


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


def test_chance_is_what_random_orders_find():
    generator = np.random.default_rng(0)
    relevant = [np.arange(3), np.arange(11)]
    chance = measure(rank_by_chance(25, relevant))
    draws = [
        [generator.permutation(25)[:10] < len(right) for right in relevant] for _ in range(8000)
    ]
    firsts = np.array(draws, dtype=float)
    np.testing.assert_allclose(chance["precision_at_10"], firsts.mean(axis=(0, 2)), atol=0.01)
    reciprocal_ranks = np.where(firsts.any(axis=2), 1 / (firsts.argmax(axis=2) + 1), 0).mean(axis=0)
    np.testing.assert_allclose(chance["mrr_at_10"], reciprocal_ranks, atol=0.015)
