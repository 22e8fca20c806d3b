import numpy as np
import pandas as pd
import pytest

from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.evaluation.misses import break_down
from shopclip.pipelines.evaluation.nodes import rank_examples
from shopclip.pipelines.evaluation.protocols import evenly_chosen
from tests.pipelines.evaluation.shop import shop, unit

PARAMETERS = EvaluationParameters(resamples=200)
# Six held-out products: b and c share a caption, d, e and f share another.
EXAMPLES = pd.DataFrame(
    {
        "id": list("abcdefz"),
        "caption_id": [0, 1, 1, 2, 2, 2, 3],
        "split": ["held_out"] * 6 + ["train"],
        "masterCategory": ["Bags", "Bags", "Shoes", "Bags", None, " ", "Ties"],
        "subCategory": ["Totes", "Clutches", "Boots", "Totes", None, " ", "Ties"],
    }
)


def ranks_of(better, tied=(1,) * 6):
    held_out = EXAMPLES[["id", "caption_id"]].head(6).assign(better=better, tied=tied)
    paper = EXAMPLES[["id", "caption_id"]].assign(better=99, tied=1, protocol="paper")
    directions = ("image_to_text", "text_to_image")
    both = [
        table.assign(direction=direction)
        for table in (paper, held_out.assign(protocol="held_out"))
        for direction in directions
    ]
    return pd.concat(both, ignore_index=True)


def scores(table, by, direction="image_to_text"):
    rows = table[(table["by"] == by) & (table["direction"] == direction)]
    return {row.group: (row.queries, row.mrr_at_10) for row in rows.itertuples()}


def test_groups_have_the_scores_of_a_hand_count():
    ranks = ranks_of([0, 12, 9, 10, 3, 20], tied=[1, 1, 2, 1, 1, 1])
    table = break_down(ranks, EXAMPLES, PARAMETERS)
    # c stands at place 10 or 11 with equal chance.
    assert scores(table, "masterCategory") == {
        "Bags": (3, pytest.approx(1 / 3)),
        "unknown": (2, 0.125),
        "Shoes": (1, pytest.approx(0.05)),
    }
    assert scores(table, "caption_frequency") == {
        "1": (1, 1.0),
        "2": (2, pytest.approx(0.025)),
        "3-5": (3, pytest.approx(1 / 12)),
    }
    assert list(scores(table, "masterCategory")) == ["Bags", "unknown", "Shoes"]


def test_each_direction_is_told_apart():
    ranks = ranks_of([0] * 6)
    ranks.loc[ranks["direction"] == "text_to_image", "better"] = 50
    table = break_down(ranks, EXAMPLES, PARAMETERS)
    for by in ("masterCategory", "caption_frequency"):
        assert {share for _, share in scores(table, by).values()} == {1.0}
        assert {share for _, share in scores(table, by, "text_to_image").values()} == {0.0}


def test_one_master_category_is_broken_down_by_sub_category():
    table = break_down(ranks_of([0] * 6), EXAMPLES.assign(masterCategory="Bags"), PARAMETERS)
    assert set(table["by"]) == {"subCategory", "caption_frequency"}
    assert list(scores(table, "subCategory")) == ["Totes", "unknown", "Boots", "Clutches"]


def test_rare_categories_are_others_and_no_query_is_lost():
    examples = shop(count=300, held_out=1)
    numbers = np.minimum(np.arange(300) // 20, 13)  # fourteen categories, the last the largest
    examples["masterCategory"] = [f"Kind {number}" for number in numbers]
    ranks = rank_examples(unit(300, 0), unit(300, 1), examples)
    table = break_down(ranks, examples, PARAMETERS)
    groups = scores(table, "masterCategory")
    by_alphabet = [f"Kind {number}" for number in (0, 1, 10, 11, 12, 2, 3, 4, 5)]
    assert list(groups) == ["Kind 13", *by_alphabet, "other"]
    assert groups["other"][0] == 80
    assert sum(queries for queries, _ in groups.values()) == 300
    assert table.groupby(["by", "direction"])["queries"].sum().eq(300).all()


def test_a_catalogue_own_category_of_others_joins_them():
    examples = EXAMPLES.assign(masterCategory=["other", "Bags", "Bags", "Bags", "Bags", "x", "y"])
    groups = scores(break_down(ranks_of([0] * 6), examples, PARAMETERS), "masterCategory")
    assert list(groups) == ["Bags", "x", "other"]


def test_intervals_hold_the_score_and_grow_where_captions_repeat():
    examples = shop(count=240, held_out=1)
    better = np.repeat(np.random.default_rng(0).integers(0, 20, 120), 2)  # as captions do
    ranks = pd.DataFrame({"id": examples["id"], "caption_id": examples["caption_id"]}).assign(
        protocol="held_out", direction="image_to_text", better=better, tied=1
    )
    shared = break_down(ranks, examples, PARAMETERS)
    alone = break_down(ranks.assign(caption_id=range(240)), examples, PARAMETERS)
    for table in (shared, alone):
        assert (table["low"] <= table["mrr_at_10"]).all()
        assert (table["mrr_at_10"] <= table["high"]).all()
    (wide,), (narrow,) = (
        table.loc[table["by"] == "caption_frequency", "high"].to_numpy()
        - table.loc[table["by"] == "caption_frequency", "low"].to_numpy()
        for table in (shared, alone)
    )
    assert wide == pytest.approx(2**0.5 * narrow, rel=0.25)


@pytest.mark.parametrize(("count", "most"), [(7, 3), (5, 5), (3, 9), (1, 4)])
def test_evenly_chosen_positions_are_distinct_and_reach_both_ends(count, most):
    chosen = evenly_chosen(count, most).tolist()
    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(count, most)
    assert (chosen[0], chosen[-1]) == (0, count - 1)
