import numpy as np
import pandas as pd
import pytest

from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.evaluation.zero_shot import (
    COMMONEST,
    CONFUSIONS,
    OTHER,
    SCORES,
    class_embeddings,
    classify,
    confusion,
    nearest_classes,
    score_classes,
)
from shopclip.tables.queries import QueriesError, build_queries
from tests.pipelines.evaluation.shop import COLOURS, shop, unit

PARAMETERS = EvaluationParameters(
    resamples=200, zero_shot={"baseColour": ["{value}", "a {value} thing"], "gender": ["{value}"]}
)
EXAMPLES = shop()
HELD_OUT = EXAMPLES[EXAMPLES["split"] == "held_out"]


def classified(examples=EXAMPLES, images=None, embeddings=None, parameters=PARAMETERS):
    queries = build_queries(examples, parameters.zero_shot)
    images = unit(len(examples), 1) if images is None else images
    texts = unit(len(queries), 2) if embeddings is None else embeddings(queries)
    return (*classify(images, texts, queries, examples, parameters), queries, images, texts)


def knowing(examples, attribute):
    """Images and texts of which everything with the same value is the same unit vector."""
    values = sorted(examples[attribute].dropna().unique())
    places = examples[attribute].map({value: place for place, value in enumerate(values)})
    images = np.eye(16, dtype=np.float32)[places.fillna(15).astype(int)]

    def texts(queries):
        found = queries["label"].map({value: place for place, value in enumerate(values)})
        return np.eye(16, dtype=np.float32)[found.fillna(15).astype(int)]

    return images, texts


def test_a_class_is_the_normalised_mean_of_its_templates():
    texts = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    names, embeddings = class_embeddings(texts, pd.Series(["b", "b", "a"]))
    assert names == ["b", "a"]
    np.testing.assert_allclose(embeddings, [[0.5**0.5] * 2, [0.6, 0.8]], rtol=1e-6)


def test_an_image_gets_the_class_that_a_search_through_all_of_them_finds():
    scores, _, queries, images, texts = classified()
    by_label = texts[queries["task"] == "zero-shot baseColour"].reshape(5, 2, -1).sum(axis=1)
    known = HELD_OUT[HELD_OUT["baseColour"].notna()]
    right = 0
    for product in known.to_dict("records"):
        cosines = [
            float(images[product["row"]] @ one) / float(np.linalg.norm(one)) for one in by_label
        ]
        right += sorted(COLOURS)[cosines.index(max(cosines))] == product["baseColour"]
    row = scores.set_index("attribute").loc["baseColour"]
    assert row["accuracy"] == pytest.approx(right / len(known))
    assert (row["classes"], row["products"]) == (5, len(known))
    assert row["left_out"] == len(HELD_OUT) - len(known) > 0


def test_many_products_are_classified_as_few_are():
    images, classes = unit(9000, 0), unit(7, 1)
    expected = [int(np.argmax(classes @ image)) for image in images]
    assert nearest_classes(images, classes).tolist() == expected


def test_towers_that_know_the_attribute_are_always_right():
    images, texts = knowing(EXAMPLES, "baseColour")
    scores, confusions, *_ = classified(images=images, embeddings=texts)
    row = scores.set_index("attribute").loc["baseColour"]
    assert row[["accuracy", "macro_f1", "weighted_f1"]].tolist() == [1, 1, 1]
    wrong = confusions[(confusions["attribute"] == "baseColour") & confusions["products"].gt(0)]
    assert (wrong["actual"] == wrong["predicted"]).all()


@pytest.mark.parametrize("seed", range(5))
def test_towers_that_say_the_same_of_everything_are_right_no_oftener_than_chance(seed):
    examples = shop(seed=seed)
    constant = np.tile(unit(1, seed), (len(examples), 1))
    scores = classified(examples, images=constant)[0]
    assert (scores["accuracy"] <= scores["chance_commonest"]).all()
    same = classified(
        examples, images=constant, embeddings=lambda asked: np.tile(unit(1, 9), (len(asked), 1))
    )[0]
    assert (same["accuracy"] <= same["chance_commonest"]).all()


def test_scores_by_hand():
    actual = np.array(["a", "a", "a", "b", "b", "c"], dtype=object)
    given = np.array(["a", "a", "b", "b", "d", "a"], dtype=object)
    found = score_classes(actual, given, np.arange(6), 5, PARAMETERS)
    # a: 2 of 3 given, 2 of 3 had; b: 1 of 2, 1 of 2; c: never given; d: never had.
    f1 = {"a": 2 / 3, "b": 1 / 2, "c": 0, "d": 0}
    assert found["accuracy"] == pytest.approx(3 / 6)
    assert found["macro_f1"] == pytest.approx(sum(f1.values()) / 4)
    assert found["weighted_f1"] == pytest.approx((3 * f1["a"] + 2 * f1["b"]) / 6)
    assert found["chance_commonest"] == pytest.approx(3 / 6)
    assert found["chance_uniform"] == pytest.approx(1 / 5)
    assert found["accuracy_low"] < 0.5 < found["accuracy_high"]


def test_products_that_share_a_caption_are_no_independent_evidence():
    actual = np.array(["a"] * 400, dtype=object)
    given = np.array(["a", "b"] * 200, dtype=object)
    many = score_classes(actual, given, np.arange(400), 2, PARAMETERS)
    given = np.repeat(["a", "b"] * 5, 40).astype(object)
    few = score_classes(actual, given, np.repeat(np.arange(10), 40), 2, PARAMETERS)
    widths = [found["accuracy_high"] - found["accuracy_low"] for found in (many, few)]
    assert widths[1] > 3 * widths[0]


def test_a_confusion_matrix_folds_all_but_the_commonest_classes():
    generator = np.random.default_rng(0)
    names = [f"class {i:02}" for i in range(20)]
    weights = np.arange(20, 0, -1) / 210
    actual = generator.choice(names, 2000, p=weights).astype(object)
    given = np.where(generator.random(2000) < 0.5, actual, generator.choice(names, 2000))
    found = confusion(actual, given)
    assert len(found) == (COMMONEST + 1) ** 2
    assert found["products"].sum() == 2000
    counts = pd.Series(actual).value_counts()
    order = sorted(counts.index, key=lambda name: (-counts[name], name))[:COMMONEST]
    assert list(found["actual"].unique()) == [*order, OTHER]
    fold = {name: name if name in order else OTHER for name in names}
    table = pd.crosstab(pd.Series(actual).map(fold), pd.Series(given).map(fold))
    for row in found.to_dict("records"):
        assert row["products"] == table.loc[row["actual"], row["predicted"]]


def test_a_class_that_is_called_other_joins_the_rest():
    found = confusion(np.array(["a", OTHER], object), np.array([OTHER, OTHER], object))
    assert found["actual"].tolist() == ["a", "a", OTHER, OTHER]
    assert found["products"].tolist() == [0, 1, 0, 1]


def test_held_out_products_are_classified_and_all_where_none_are():
    scores = classified()[0].set_index("attribute")
    assert (scores["protocol"] == "held_out").all()
    assert scores.loc["gender", "products"] == len(HELD_OUT)
    scores = classified(EXAMPLES.assign(split="train"))[0].set_index("attribute")
    assert (scores["protocol"] == "paper").all()
    assert scores.loc["gender", "products"] == len(EXAMPLES)


def test_a_catalogue_without_the_attribute_has_a_row_without_numbers():
    bare = EXAMPLES.assign(gender=pd.NA, baseColour="")
    scores, confusions, *_ = classified(bare)
    assert scores["products"].tolist() == [0, 0]
    assert scores["left_out"].tolist() == [len(HELD_OUT)] * 2
    assert scores["accuracy"].isna().all()
    assert confusions.empty


def test_without_attributes_there_are_no_rows_but_their_columns():
    none = EvaluationParameters(zero_shot={})
    scores, confusions, *_ = classified(parameters=none)
    assert (list(scores.columns), list(confusions.columns)) == (SCORES, CONFUSIONS)
    assert scores.empty
    assert confusions.empty


def test_templates_that_were_not_embedded_are_an_error():
    queries = build_queries(EXAMPLES, {"gender": ["{value}"]})
    with pytest.raises(QueriesError, match="zero-shot baseColour has 0 labels"):
        classify(unit(120, 0), unit(len(queries), 0), queries, EXAMPLES, PARAMETERS)


def test_permuting_the_products_changes_no_score():
    scores, confusions, _, images, texts = classified()
    order = np.random.default_rng(0).permutation(len(EXAMPLES))
    moved = EXAMPLES.iloc[order].reset_index(drop=True)
    again, same, *_ = classified(moved, images[order], lambda _: texts)
    shares = [name for name in SCORES if not name.endswith(("_low", "_high"))]
    pd.testing.assert_frame_equal(scores[shares], again[shares])
    pd.testing.assert_frame_equal(confusions, same)
