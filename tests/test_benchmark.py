import json

import numpy as np
import pytest

from shopclip.benchmark import Benchmark, BenchmarkError, BenchmarkScores, score


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
