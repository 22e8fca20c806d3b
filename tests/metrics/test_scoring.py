import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopclip.metrics.ranks import Ranks
from shopclip.metrics.retrieval import TieGroups, measure
from shopclip.metrics.scoring import (
    CEILINGS,
    CHANCES,
    DIRECTIONS,
    MEASURES,
    MEDIAN,
    NAMES,
    PRIMARY,
    best_first,
    headline_protocol,
    standing,
)
from shopclip.pipelines.evaluation.scores import OWN, SAME_CAPTION
from shopclip.pipelines.reporting.leaderboard import COLUMNS


def row(pair, mrr, accuracy=0.1, protocol="held_out", direction="text_to_image"):
    own = {"pair": pair, "protocol": protocol, "direction": direction}
    return {**own, "accuracy": accuracy, "mrr_at_10": mrr}


def test_held_out_counts_most_where_there_is_one():
    assert headline_protocol(["paper", "held_out"]) == "held_out"
    assert headline_protocol({"paper": 1}) == "paper"


def test_the_best_pair_has_the_highest_mrr_then_the_highest_accuracy_then_the_first_name():
    rows = [
        row("d", 0.4, 0.9),
        row("b", 0.5, 0.2),
        row("c", 0.5, 0.3),
        row("a", 0.5, 0.2),
        row("e", 0.9, protocol="paper"),
        row("e", 0.9, direction="image_to_text"),
    ]
    for shuffled in itertools.permutations(rows):
        assert best_first(shuffled, "text_to_image") == ["c", "a", "b", "d"]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=9))
def test_numbers_of_a_csv_file_stand_as_those_of_a_table_do(scores):
    numbers = [row(f"pair{i}", mrr, accuracy) for i, (mrr, accuracy) in enumerate(scores)]
    text = [{key: str(value) for key, value in one.items()} for one in numbers]
    assert [standing(one) for one in text] == [standing(one) for one in numbers]
    assert best_first(text, "text_to_image") == best_first(numbers, "text_to_image")


def test_no_rows_of_a_direction_name_nobody():
    assert best_first([row("a", 0.5)], "image_to_text") == []


@pytest.mark.parametrize("column", ["mrr_at_10", "accuracy", "protocol"])
def test_a_row_without_its_score_is_an_error_not_a_last_place(column):
    with pytest.raises(KeyError):
        best_first([{k: v for k, v in row("a", 0.5).items() if k != column}], "text_to_image")


def test_the_leaderboard_has_a_column_for_every_score_and_its_bounds():
    for score in MEASURES:
        assert {score, CHANCES[score], CEILINGS[score], f"{score}_low"} <= set(COLUMNS)
    assert CHANCES["top10_accuracy"] == "chance_top10"
    assert CEILINGS[PRIMARY] == "ceiling_mrr_at_10"
    assert list(DIRECTIONS) == ["image_to_text", "text_to_image"]


def test_whatever_is_measured_has_a_name():
    assert ({*OWN, *SAME_CAPTION} - {MEDIAN}) <= NAMES.keys()


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=1, max_size=20))
def test_an_accuracy_is_the_share_of_hits_whoever_computes_it(places):
    """The probe, the preflight and the breakdown ask `Ranks`, the leaderboard asks `measure`."""
    better, tied = (np.array(column) for column in zip(*places, strict=True))
    ranks, measured = Ranks(better, tied), measure(TieGroups.of_one_answer(better, tied))
    for score, k in (("accuracy", 1), ("top5_accuracy", 5), ("top10_accuracy", 10)):
        assert ranks.hits(k).tolist() == measured[MEASURES[score]].tolist()
        np.testing.assert_allclose(measured[f"hit_at_{k}"], ranks.hits(k), atol=1e-12)
    first_ten = better + tied <= 10  # the leaderboard's MRR is cut there, that of an epoch is not
    np.testing.assert_allclose(
        ranks.reciprocals()[first_ten], measured[PRIMARY][first_ten], rtol=1e-12
    )
    assert (ranks.reciprocals() >= measured[PRIMARY] - 1e-12).all()
