import numpy as np
import pandas as pd
import pytest

from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.evaluation.scores import OWN, SAME_CAPTION, score_runs

PARAMETERS = EvaluationParameters(resamples=200)


def ranks_of(better, tied, gallery):
    count = len(better)
    table = pd.DataFrame({"better": better, "tied": tied, "gallery": gallery})
    table = table.assign(id=[f"p{i}" for i in range(count)], caption_id=range(count))
    return table.assign(protocol="paper", direction="image_to_text")


def scores_of(*runs, parameters=PARAMETERS):
    """Of runs that find the same in both directions."""
    both = [pd.concat([run, run.assign(direction="text_to_image")]) for run in runs]
    return score_runs(both, runs, parameters)


def own(scores):
    there = (scores["answers"] == "own") & (scores["direction"] == "image_to_text")
    return scores[there].set_index("metric")


def test_scores_and_bounds_by_hand():
    scores = own(scores_of(ranks_of([0, 0, 2, 1], [1, 2, 1, 1], 4)))
    assert scores["value"]["accuracy"] == pytest.approx((1 + 0.5) / 4)
    assert scores["value"]["mrr_at_10"] == pytest.approx((1 + 0.75 + 1 / 3 + 1 / 2) / 4)
    assert scores["value"]["median_rank"] == pytest.approx((1.5 + 2) / 2)
    assert scores["chance"]["accuracy"] == 1 / 4
    assert scores["chance"]["median_rank"] == 2.5
    assert scores["chance"]["top10_accuracy"] == 1  # ten are more than there are
    assert scores["ceiling"]["accuracy"] == 1
    assert (scores["low"] <= scores["value"]).all()
    assert (scores["value"] <= scores["high"]).all()
    assert scores["queries"].eq(4).all()


def test_every_metric_of_both_kinds_of_answers_is_there():
    scores = scores_of(ranks_of([0, 1], [1, 1], 2))
    for (answers, _), rows in scores.groupby(["answers", "direction"]):
        assert rows["metric"].tolist() == list(OWN if answers == "own" else SAME_CAPTION)
    assert len(scores) == 2 * (len(OWN) + len(SAME_CAPTION))


def test_runs_are_averaged_by_query_and_their_spread_is_told():
    runs = [ranks_of([0, 0, 0, 0], [1] * 4, 4), ranks_of([0, 0, 1, 3], [1] * 4, 4)]
    scores = own(scores_of(*runs))
    assert scores["value"]["accuracy"] == pytest.approx(0.75)
    assert scores["seed_low"]["accuracy"] == pytest.approx(0.5)
    assert scores["seed_high"]["accuracy"] == pytest.approx(1.0)
    assert scores["seeds"].eq(2).all()


def test_random_places_score_at_chance_within_the_interval():
    generator = np.random.default_rng(0)
    better = generator.integers(0, 500, 500).tolist()
    scores = own(scores_of(ranks_of(better, [1] * 500, 500), parameters=EvaluationParameters()))
    for metric in ("top5_accuracy", "top10_accuracy", "top100_accuracy", "mrr_at_10"):
        assert scores["low"][metric] <= scores["chance"][metric] <= scores["high"][metric]


def test_the_order_of_the_products_changes_nothing():
    ranks = ranks_of(np.random.default_rng(0).integers(0, 30, 30).tolist(), [1] * 30, 30)
    ranks["caption_id"] = np.arange(30) // 2
    shuffled = ranks.sample(frac=1, random_state=0)
    there, back = (scores_of(table) for table in (ranks, shuffled))
    pd.testing.assert_frame_equal(there, back)
