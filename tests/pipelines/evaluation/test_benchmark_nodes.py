import json

import numpy as np
import pandas as pd
import pytest

from shopclip.parameters import EvaluationParameters, Pair
from shopclip.pipelines.evaluation.benchmark_tasks import (
    CHANCES,
    COLUMNS,
    METRICS,
    ContaminatedError,
    score_benchmark,
)
from shopclip.tables.contamination import remember
from shopclip.tables.ground_truth import ATTRIBUTE_TASKS, Benchmark, BenchmarkError
from shopclip.tables.queries import QueriesError, build_queries
from tests.pipelines.evaluation.shop import shop, unit

PAIR = Pair(text={"name": "a"}, image={"name": "b"}, label="bert_vit")
EXAMPLES = shop()
IMAGES = unit(len(EXAMPLES), 1)
UNTRAINED = remember(EXAMPLES, trained=False)
TRAINED = remember(EXAMPLES, trained=True)


def truth_of(examples, captions):
    by_caption = examples.groupby("caption")["id"].apply(list)
    return {caption: dict.fromkeys(by_caption.get(caption, ["z"]), 1) for caption in captions}


ALL = truth_of(EXAMPLES, [*EXAMPLES["caption"].unique(), "Caption of nothing"])
HELD_OUT = truth_of(EXAMPLES, EXAMPLES.loc[EXAMPLES["split"] == "held_out", "caption"].unique())


@pytest.fixture
def scored(tmp_path):
    """Scores a pair of given embeddings; what it saw and the ground truth may be others."""

    def run(trained=UNTRAINED, truth=ALL, examples=EXAMPLES, images=IMAGES, asked=None, **knobs):
        file = tmp_path / "truth.json"
        file.write_text(json.dumps(truth))
        queries = build_queries(examples, {"gender": ["{value}"]}, Benchmark.read(file))
        embeddings = unit(len(queries), 2) if asked is None else np.tile(asked, (len(queries), 1))
        parameters = EvaluationParameters(benchmark=str(file), **knobs)
        table = score_benchmark(images, embeddings, queries, examples, trained, PAIR, parameters)
        return table, queries, embeddings

    return run


def naively(texts, labels, right_for, gallery, images):
    """Precision, recall and MRR of one task, a query at a time, over Python lists."""
    rows = []
    for text, label in zip(texts, labels, strict=True):
        right = right_for(label) & set(gallery)
        if not right:
            continue
        nearest = sorted(gallery, key=lambda place: -float(images[place] @ text))[:10]
        hits = [place in right for place in nearest]
        place = hits.index(True) + 1 if True in hits else None
        recalls = hits[0] / len(right), sum(hits) / len(right)
        rows.append(
            [hits[0], sum(hits) / 10, *recalls, sum(recalls) / 2, 1 / place if place else 0]
        )
    return len(rows), np.mean(rows, axis=0)


def test_all_seven_tasks_are_those_of_the_protocol_in_words(scored):
    table, queries, embeddings = scored()
    galleries = {
        "all products": list(range(len(EXAMPLES))),
        "held out alone": list(np.flatnonzero(EXAMPLES["split"] == "held_out")),
    }
    assert list(table.columns) == COLUMNS
    assert len(table) == 7 * 2
    assert not table.duplicated(["task", "gallery_name"]).any()
    for row in table.to_dict("records"):
        column = "caption" if row["task"] == "text-image" else row["task"]
        asked = queries[queries["task"] == row["task"]]
        gallery = galleries[row["gallery_name"]]
        count, expected = naively(
            embeddings[asked.index],
            asked["label"],
            lambda label, column=column: set(np.flatnonzero(EXAMPLES[column] == label)),
            gallery,
            IMAGES,
        )
        assert (row["queries"], row["gallery"]) == (count, len(gallery))
        np.testing.assert_allclose([row[name] for name in METRICS], expected, atol=1e-12)


def test_queries_without_an_answer_and_blank_values_are_not_asked(scored):
    counts = scored()[0].set_index(["gallery_name", "task"])["queries"]
    assert counts["all products", "text-image"] == EXAMPLES["caption"].nunique()
    assert counts["held out alone", "text-image"] == len(HELD_OUT)
    assert counts["all products", "usage"] == 1
    assert counts["all products", "baseColour"] == 5


def test_towers_that_say_the_same_of_everything_score_chance(scored):
    constant = np.tile(unit(1, 0), (len(EXAMPLES), 1))
    table = scored(images=constant, asked=unit(1, 3))[0]
    np.testing.assert_allclose(
        table[list(METRICS)].to_numpy(), table[list(CHANCES)].to_numpy(), atol=1e-12
    )
    apparel = (EXAMPLES["masterCategory"] == "Apparel").mean()
    category = table[table["task"] == "masterCategory"].iloc[0]
    assert category["precision_at_1"] == pytest.approx((apparel + (1 - apparel)) / 2)


def test_a_pair_that_saw_nothing_is_clean_whatever_the_split_says(scored):
    table = scored(UNTRAINED)[0]
    assert (table["queries_seen"] == 0).all()
    assert not table["contaminated"].any()


def test_captions_that_were_trained_with_contaminate_the_benchmark(scored):
    rows = scored(TRAINED)[0].set_index(["gallery_name", "task"])
    everything = rows.loc[("all products", "text-image")]
    assert everything["queries_seen"] == EXAMPLES["caption"].nunique() - len(HELD_OUT)
    assert everything["contaminated"]
    assert not rows.loc["held out alone", "contaminated"].any()


def test_a_benchmark_that_was_kept_out_of_training_is_clean(scored):
    rows = scored(TRAINED, HELD_OUT)[0].set_index(["gallery_name", "task"])
    assert not rows["contaminated"].xs("text-image", level="task").any()
    # Every value of an attribute has products that were trained on.
    assert rows.loc["all products", "contaminated"].drop("text-image").all()


def test_what_the_model_saw_counts_when_the_split_has_changed_since(scored):
    later = EXAMPLES.assign(split="held_out")
    table = scored(TRAINED, examples=later)[0]
    assert table["contaminated"].all()


def test_products_of_the_training_split_count_under_any_caption(scored):
    renamed = EXAMPLES.assign(caption="Renamed " + EXAMPLES["caption"])
    rows = scored(remember(SOME_OTHER, trained=True), examples=renamed)[0]
    first = rows.iloc[0]
    assert (first["task"], first["gallery_name"]) == ("text-image", "all products")
    assert first["queries_seen"] == EXAMPLES["caption"].nunique() - len(HELD_OUT)


SOME_OTHER = pd.DataFrame({"caption": ["Elsewhere"], "caption_id": [0], "split": ["train"]})


def test_a_refusal_names_the_pair_the_number_seen_and_the_remedy(scored):
    with pytest.raises(ContaminatedError) as error:
        scored(TRAINED, contamination="refuse")
    seen = EXAMPLES["caption"].nunique() - len(HELD_OUT)
    message = str(error.value)
    assert f"bert_vit was trained with {seen} of the {EXAMPLES['caption'].nunique()}" in message
    assert "splits.benchmark" in message
    assert "train again" in message


def test_a_clean_pair_is_not_refused_for_the_attributes_of_what_it_trained_on(scored):
    assert len(scored(TRAINED, HELD_OUT, contamination="refuse")[0]) == 14
    assert len(scored(UNTRAINED, contamination="refuse")[0]) == 14


def test_without_a_benchmark_there_are_no_rows_but_their_columns():
    nothing = score_benchmark(
        IMAGES,
        np.empty((0, 8)),
        build_queries(EXAMPLES, {}),
        EXAMPLES,
        TRAINED,
        PAIR,
        EvaluationParameters(),
    )
    assert nothing.empty
    assert list(nothing.columns) == COLUMNS


def test_a_benchmark_of_another_catalogue_has_rows_without_numbers(scored):
    table = scored(truth={"Nothing here": {"z": 1}})[0]
    row = table[(table["task"] == "text-image")].iloc[0]
    assert row["queries"] == 0
    assert np.isnan(row["recall_at_1"])
    assert not row["contaminated"]


def test_queries_of_another_benchmark_are_an_error(tmp_path):
    file = tmp_path / "truth.json"
    file.write_text(json.dumps(ALL))
    queries = build_queries(EXAMPLES, {}, Benchmark({"Another": ("p0",)}))
    with pytest.raises(QueriesError, match=r"evaluation.benchmark or the catalogue changed"):
        score_benchmark(
            IMAGES,
            unit(len(queries), 0),
            queries,
            EXAMPLES,
            TRAINED,
            PAIR,
            EvaluationParameters(benchmark=str(file)),
        )


def test_a_missing_file_is_named_with_its_parameter(tmp_path):
    missing = EvaluationParameters(benchmark=str(tmp_path / "no.json"))
    with pytest.raises(BenchmarkError, match=r"evaluation\.benchmark: .*no\.json"):
        score_benchmark(
            IMAGES, unit(1, 0), build_queries(EXAMPLES, {}), EXAMPLES, TRAINED, PAIR, missing
        )


def test_the_six_attributes_are_those_of_the_published_benchmark():
    published = {"masterCategory", "subCategory", "articleType", "baseColour", "season", "usage"}
    assert set(ATTRIBUTE_TASKS) == published
