import pandas as pd

from shopclip.pipelines.tuning.environment import comparison_lines, summary_lines


def trial(number, pair, value):
    return {"number": number, "pair": pair, "value": value}


def table(*differences):
    """A comparison; a difference is distinguishable where it is over a tenth."""
    keys = [("image_to_text", "accuracy"), ("text_to_image", "mrr_at_10")]
    rows = [
        {
            "direction": direction,
            "metric": metric,
            "queries": 1370,
            "tuned": 0.5 + difference,
            "default": 0.5,
            "difference": difference,
            "low": difference - 0.05,
            "high": difference + 0.05,
            "p_value": 0.01,
            "adjusted_p_value": 0.02,
            "distinguishable": abs(difference) > 0.1,
        }
        for (direction, metric), difference in zip(keys, differences, strict=True)
    ]
    return pd.DataFrame(rows)


def test_the_best_trial_stands_beside_the_default():
    counts = {"complete": 9, "pruned": 3, "interrupted": 1, "running": 0}
    best, default = trial(7, "bert_vit", 0.91234), trial(0, "bert_resnet", 0.9)
    assert summary_lines({"trials": counts, "best": best, "default": default}) == [
        "trials: 9 complete, 3 pruned, 1 interrupted",
        "trial 7 is best, bert_vit: validation MRR 0.9123; the best default recipe, bert_resnet: "
        "0.9000",
    ]


def test_where_nothing_beat_the_default_it_says_so():
    one = trial(0, "bert_resnet", 0.9)
    line = summary_lines({"trials": {"complete": 12}, "best": one, "default": one})[1]
    assert line == (
        "the default recipe of bert_resnet is best, validation MRR 0.9000: no trial beat it"
    )


def test_the_table_has_both_scores_and_the_interval_of_their_difference():
    title, first, second, _ = comparison_lines(table(0.02, -0.03), confidence=0.95)
    assert title.split("  ")[0] == "held out, 1,370 products"
    rows = [" ".join(line.split()) for line in (first, second)]
    assert rows == [
        "image → text: first, % 52.0 50.0 +2.0 (-3.0 to +7.0), p 0.020",
        "text → image: MRR@10, % 47.0 50.0 -3.0 (-8.0 to +2.0), p 0.020",
    ]


def test_the_judgement_is_no_louder_than_the_tests():
    how = "(95 % intervals over captions, paired tests, Holm)"
    judged = [
        comparison_lines(table(*differences), confidence=0.95)[-1]
        for differences in ((0.02, -0.03), (0.2, 0.03), (0.2, -0.2))
    ]
    assert judged == [
        f"on held-out products the two recipes can't be told apart {how}",
        f"on held-out products the tuned recipe is better in image → text accuracy {how}",
        "on held-out products the tuned recipe is better in image → text accuracy and worse in "
        f"text → image MRR@10 {how}",
    ]
