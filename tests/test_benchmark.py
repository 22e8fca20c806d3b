import json

import pytest

from shopclip.benchmark import Benchmark, BenchmarkError


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
