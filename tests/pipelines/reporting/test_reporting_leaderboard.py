import pandas as pd
import pytest

from shopclip.pipelines.reporting.leaderboard import COLUMNS, compile_rows, headline_rows


def test_has_the_promised_columns(metrics: dict[str, pd.DataFrame]) -> None:
    assert COLUMNS == [
        "pair", "protocol", "direction", "queries", "gallery",
        "accuracy", "accuracy_low", "accuracy_high",
        "top10_accuracy", "top10_accuracy_low", "top10_accuracy_high",
        "top100_accuracy", "top100_accuracy_low", "top100_accuracy_high",
        "chance_accuracy", "chance_top10", "chance_top100", "collapsed",
    ]  # fmt: skip
    assert list(compile_rows(metrics).columns) == COLUMNS


def test_held_out_comes_first_then_image_to_text_then_the_best(
    metrics: dict[str, pd.DataFrame],
) -> None:
    backwards = dict(reversed(metrics.items()))
    rows = compile_rows(backwards)
    assert list(rows["protocol"]) == ["held_out"] * 6 + ["paper"] * 6
    assert list(rows["direction"]) == (["image_to_text"] * 3 + ["text_to_image"] * 3) * 2
    assert list(rows["pair"]) == ["bert_resnet", "bert_vit", "gpt_vit"] * 4
    assert list(rows.index) == list(range(12))


def test_order_of_the_pairs_does_not_matter(metrics: dict[str, pd.DataFrame]) -> None:
    tied = metrics | {"a_twin": metrics["bert_vit"]}
    there, back = compile_rows(tied), compile_rows(dict(reversed(tied.items())))
    pd.testing.assert_frame_equal(there, back)


def test_changes_no_number_and_keeps_the_collapsed(metrics: dict[str, pd.DataFrame]) -> None:
    rows = compile_rows(metrics)
    for pair, table in metrics.items():
        mine = rows[rows["pair"] == pair].sort_values(["protocol", "direction"])
        theirs = table.sort_values(["protocol", "direction"])
        pd.testing.assert_frame_equal(
            mine[theirs.columns].reset_index(drop=True), theirs.reset_index(drop=True)
        )
    assert set(rows.loc[rows["collapsed"], "pair"]) == {"gpt_vit"}


@pytest.mark.parametrize("protocols", [("paper", "held_out"), ("held_out",), ("paper",)])
def test_headline_is_held_out_where_there_is_one(make_leaderboard, protocols) -> None:
    rows = headline_rows(make_leaderboard({"a": 0.5}, protocols=protocols))
    assert set(rows["protocol"]) == {"held_out" if "held_out" in protocols else "paper"}
