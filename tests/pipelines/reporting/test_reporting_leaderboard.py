import pandas as pd
import pytest

from shopclip.pipelines.reporting.leaderboard import (
    CEILINGS,
    CHANCES,
    COLUMNS,
    MEDIAN,
    SCORES,
    compile_rows,
    compile_scores,
    headline_rows,
)


def test_has_the_promised_columns(metrics):
    assert COLUMNS[:9] == [
        "pair",
        "protocol",
        "direction",
        "queries",
        "gallery",
        "seeds",
        "accuracy",
        "accuracy_low",
        "accuracy_high",
    ]
    assert {"chance_top10", "ceiling_top10", "median_rank_low", "mrr_at_10_seed_high"} <= set(
        COLUMNS
    )
    assert list(compile_rows(metrics).columns) == COLUMNS


def test_held_out_comes_first_then_image_to_text_then_the_best(metrics):
    backwards = dict(reversed(metrics.items()))
    rows = compile_rows(backwards)
    assert list(rows["protocol"]) == ["held_out"] * 6 + ["paper"] * 6
    assert list(rows["direction"]) == (["image_to_text"] * 3 + ["text_to_image"] * 3) * 2
    assert list(rows["pair"]) == ["bert_resnet", "bert_vit", "gpt_vit"] * 4
    assert list(rows.index) == list(range(12))


def test_order_of_the_pairs_does_not_matter(metrics):
    tied = metrics | {"a_twin": metrics["bert_vit"]}
    there, back = compile_rows(tied), compile_rows(dict(reversed(tied.items())))
    pd.testing.assert_frame_equal(there, back)


def test_changes_no_number_and_keeps_the_collapsed(metrics):
    for _, row in compile_rows(metrics).iterrows():
        mine = metrics[row["pair"]]
        mine = mine[(mine["protocol"] == row["protocol"]) & (mine["answers"] == "own")]
        mine = mine[mine["direction"] == row["direction"]].set_index("metric")
        for score in (*SCORES, MEDIAN):
            assert row[score] == mine.loc[score, "value"]
            assert row[f"{score}_low"] == mine.loc[score, "low"]
            assert row[f"{score}_high"] == mine.loc[score, "high"]
        for score in SCORES:
            assert row[CHANCES[score]] == mine.loc[score, "chance"]
            assert row[CEILINGS[score]] == mine.loc[score, "ceiling"]
        assert row["collapsed"] == (row["pair"] == "gpt_vit")


def test_scores_keep_every_row_of_the_metrics(metrics):
    scores = compile_scores(metrics)
    for pair, table in metrics.items():
        mine = scores[scores["pair"] == pair].drop(columns="pair").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, table)


@pytest.mark.parametrize("protocols", [("paper", "held_out"), ("held_out",), ("paper",)])
def test_headline_is_held_out_where_there_is_one(make_leaderboard, protocols):
    rows = headline_rows(make_leaderboard({"a": 0.5}, protocols=protocols))
    assert set(rows["protocol"]) == {"held_out" if "held_out" in protocols else "paper"}
