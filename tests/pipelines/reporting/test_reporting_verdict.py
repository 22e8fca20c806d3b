import pytest

from shopclip.pipelines.reporting.leaderboard import compile_rows
from shopclip.pipelines.reporting.verdict import Verdict, verdict
from tests.pipelines.reporting.conftest import comparisons_of, metrics_of


def judge(mrr, synthetic=False, **how):
    metrics = {pair: metrics_of(value, **how) for pair, value in mrr.items()}
    return told(compile_rows(metrics), comparisons_of(metrics), synthetic)


def told(leaderboard, comparisons, synthetic=False):
    headline, evidence = verdict(leaderboard, comparisons, confidence=0.95, synthetic=synthetic)
    return Verdict(headline, evidence.replace("\N{NO-BREAK SPACE}", " "))


def test_a_pair_leads_that_beats_the_others_in_paired_tests():
    assert judge({"a": 0.2, "b": 0.7, "c": 0.4}) == (
        "b leads",
        "b puts the right caption first for 42.0 % of held-out pictures "
        "(95 % interval 37.0 to 47.0, chance 3.00), "
        "and the right picture first for 43.0 % of held-out captions (38.0 to 48.0, chance 3.00), "
        "better than every other pair in both directions by paired tests.",
    )


def test_a_pair_that_the_test_cannot_tell_from_another_does_not_lead():
    headline, evidence = judge({"a": 0.40, "b": 0.45, "c": 0.2})
    assert headline == "No clear winner"
    assert evidence.endswith("but paired tests can't tell it from a.")


def test_a_doubt_in_one_direction_is_enough():
    metrics = {"a": metrics_of(0.8), "b": metrics_of(0.4)}
    comparisons = comparisons_of(metrics)
    comparisons.loc[comparisons["direction"] == "text_to_image", "better"] = False
    assert told(compile_rows(metrics), comparisons).headline == "No clear winner"


def test_a_test_of_the_other_protocol_decides_nothing():
    metrics = {"a": metrics_of(0.8), "b": metrics_of(0.4)}
    comparisons = comparisons_of(metrics)
    only_paper = comparisons[comparisons["protocol"] == "paper"]
    assert told(compile_rows(metrics), only_paper).headline == "No clear winner"


def test_different_firsts_in_the_two_directions_have_no_winner():
    metrics = {"a": metrics_of(0.8), "b": metrics_of(0.5)}
    rows, swapped = compile_rows(metrics), {"a": "b", "b": "a"}
    there = rows["direction"] == "text_to_image"
    rows.loc[there, "pair"] = rows.loc[there, "pair"].map(swapped)
    headline, evidence = told(rows, comparisons_of(metrics))
    assert headline == "No clear winner"
    assert "a puts the right caption first" in evidence
    assert "while b puts the right picture first" in evidence


def test_nothing_leads_at_chance():
    assert judge({"a": 0.06, "b": 0.05}).headline == "No pair is clearly above chance"


def test_a_single_pair_leads_nothing():
    assert judge({"a": 0.8}).headline == "a has no other pair to compare with"


def test_a_leader_marked_as_collapsed_is_named_with_its_flaw():
    evidence = judge({"a": 0.8, "b": 0.2}, collapsed=True).evidence
    assert evidence.endswith("though its diagnostics say that it has collapsed.")


def test_a_leader_that_knew_the_held_out_captions_is_named_with_its_flaw():
    headline = judge({"a": 0.8, "b": 0.2}, seen=0.25).headline
    assert headline == "a leads, which knew held-out captions from its training"


@pytest.mark.parametrize("synthetic", [True, False])
def test_says_on_what_it_rests(synthetic):
    headline, evidence = judge({"a": 0.8, "b": 0.2}, synthetic, protocols=("paper",))
    on = " on this synthetic catalogue" if synthetic else ""
    assert headline == f"a leads{on}, products trained on included"
    assert "of all pictures" in evidence
    assert "held-out" not in evidence
