import pandas as pd
import pytest

from shopclip.tables.ground_truth import ATTRIBUTE_TASKS, Benchmark
from shopclip.tables.queries import (
    QueriesError,
    build_queries,
    classes,
    queries_of_task,
    zero_shot_task,
)


@pytest.fixture
def examples():
    attributes = {name: ["x", "y", "x", None] for name in (*ATTRIBUTE_TASKS, "gender")}
    attributes["gender"] = ["Women", "Men", " ", "Men"]
    table = pd.DataFrame(attributes).astype("string")
    return table.assign(year=pd.array([2012, 2011, None, 2012], dtype="Int64"))


def test_every_value_fills_every_template(examples):
    queries = build_queries(examples, {"gender": ["{value}", "a product for {value}"]})
    task = zero_shot_task("gender")
    assert queries.to_numpy().tolist() == [
        [task, "Men", "Men"],
        [task, "Men", "a product for Men"],
        [task, "Women", "Women"],
        [task, "Women", "a product for Women"],
    ]


def test_numbers_are_asked_as_words_and_unknown_values_not_at_all(examples):
    assert classes(examples, "year") == ["2011", "2012"]
    assert classes(examples, "gender") == ["Men", "Women"]


def test_a_benchmark_asks_its_captions_and_the_raw_values_of_six_attributes(examples):
    truth = Benchmark({"Red Shirt": ("1",), "Blue Cap": ("9",)})
    queries = build_queries(examples, {}, truth)
    captions = queries[queries["task"] == "text-image"]
    assert captions["text"].tolist() == ["Red Shirt", "Blue Cap"]
    others = queries[queries["task"] != "text-image"]
    assert list(others["task"].unique()) == list(ATTRIBUTE_TASKS)
    assert (others["text"] == others["label"]).all()
    assert others["text"].tolist() == ["x", "y"] * 6


def test_nothing_to_ask_is_an_empty_table_of_texts(examples):
    queries = build_queries(examples, {})
    assert queries.empty
    assert list(queries.columns) == ["task", "label", "text"]


def test_labels_that_were_not_embedded_are_an_error_that_says_what_to_run(examples):
    queries = build_queries(examples, {"gender": ["{value}"]})
    task = zero_shot_task("gender")
    assert queries_of_task(queries, task, ["Men", "Women"])["text"].tolist() == ["Men", "Women"]
    with pytest.raises(QueriesError, match=r"zero-shot gender has 2 labels.*run kedro run"):
        queries_of_task(queries, task, ["Men", "Women", "Unisex"])
    with pytest.raises(QueriesError, match="season has 0 labels"):
        queries_of_task(queries, "season", ["x"])
