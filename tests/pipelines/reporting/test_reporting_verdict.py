import pandas as pd

from shopclip.pipelines.reporting.verdict import Verdict, verdict


def judge(leaderboard: pd.DataFrame, synthetic: bool = False) -> Verdict:
    return verdict(leaderboard, confidence=0.95, synthetic=synthetic)


def test_a_pair_leads_when_no_interval_reaches_its_own(make_leaderboard) -> None:
    headline, evidence = judge(make_leaderboard({"a": 0.4, "b": 0.7}))
    assert headline == "b leads"
    assert evidence.replace("\N{NO-BREAK SPACE}", " ") == (
        "b finds the right caption among its first ten for 70.0 % of held-out pictures "
        "(95 % interval 65.0 to 75.0, chance 10.0), "
        "and the right picture for 71.0 % of held-out captions (66.0 to 76.0, chance 10.0)."
    )


def test_overlapping_intervals_have_no_winner(make_leaderboard) -> None:
    headline, evidence = judge(make_leaderboard({"a": 0.40, "b": 0.45, "c": 0.2}))
    assert headline == "No clear winner"
    assert evidence.endswith("but its intervals overlap those of a.")


def test_a_third_pair_with_a_wide_interval_counts_too(make_leaderboard) -> None:
    rows = make_leaderboard({"a": 0.8, "b": 0.6, "c": 0.5})
    rows.loc[rows["pair"] == "c", "top10_accuracy_high"] = 0.9
    headline, evidence = judge(rows)
    assert headline == "No clear winner"
    assert evidence.endswith("overlap those of c.")


def test_an_overlap_in_one_direction_is_enough(make_leaderboard) -> None:
    rows = make_leaderboard({"a": 0.8, "b": 0.6})
    there = (rows["pair"] == "b") & (rows["direction"] == "text_to_image")
    rows.loc[there, "top10_accuracy_high"] = 0.79
    assert judge(rows).headline == "No clear winner"


def test_different_firsts_in_the_two_directions_have_no_winner(make_leaderboard) -> None:
    rows = make_leaderboard({"a": 0.8, "b": 0.5})
    swapped = rows["direction"] == "text_to_image"
    rows.loc[swapped, "pair"] = rows.loc[swapped, "pair"].map({"a": "b", "b": "a"})
    headline, evidence = judge(rows)
    assert headline == "No clear winner"
    assert "a finds the right caption" in evidence
    assert "while b finds the right picture" in evidence


def test_nothing_leads_at_chance(make_leaderboard) -> None:
    assert judge(make_leaderboard({"a": 0.12, "b": 0.1})).headline == (
        "No pair is clearly above chance"
    )


def test_chance_in_one_direction_is_no_lead(make_leaderboard) -> None:
    rows = make_leaderboard({"a": 0.8, "b": 0.2})
    there = (rows["pair"] == "a") & (rows["direction"] == "text_to_image")
    rows.loc[there, "top10_accuracy_low"] = 0.1
    rows.loc[rows["pair"] == "b", "top10_accuracy_high"] = 0.05
    headline, evidence = judge(rows)
    assert headline == "No clear winner"
    assert evidence.endswith("in one direction not clearly above chance.")


def test_a_single_pair_leads_nothing(make_leaderboard) -> None:
    assert judge(make_leaderboard({"a": 0.8})).headline == "a has no other pair to compare with"


def test_a_gallery_of_ten_tells_nothing(make_leaderboard) -> None:
    rows = make_leaderboard({"a": 0.8, "b": 0.2}).assign(chance_top10=1.0)
    assert judge(rows) == ("Too few to tell", "the first ten hold the whole gallery of 100.")


def test_a_leader_marked_as_collapsed_is_named_with_its_flaw(make_leaderboard) -> None:
    rows = make_leaderboard({"a": 0.8, "b": 0.2})
    assert judge(rows.assign(collapsed=rows["pair"] == "a")).evidence.endswith(
        "though its diagnostics say that it has collapsed."
    )


def test_says_on_what_it_rests(make_leaderboard) -> None:
    rows = make_leaderboard({"a": 0.8, "b": 0.2}, protocols=("paper",))
    headline, evidence = judge(rows, synthetic=True)
    assert headline == "a leads on this synthetic catalogue, products trained on included"
    assert "of all pictures" in evidence
    assert "held-out" not in evidence
