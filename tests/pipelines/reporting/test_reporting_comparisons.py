import numpy as np
import pandas as pd
import pytest
from scipy.stats import permutation_test

from shopclip.metrics.ranks import Ranks
from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.reporting.comparisons import COLUMNS, compare

PARAMETERS = EvaluationParameters(resamples=500)


def ranks_of(better, protocols=("held_out", "paper")):
    """Both directions alike; every third product shares its caption with the one before."""
    ids = np.arange(len(better))
    table = pd.DataFrame(
        {"id": ids.astype(str), "caption_id": ids - (ids % 3 == 2), "better": better, "tied": 1}
    )
    return pd.concat(
        [
            table.assign(protocol=protocol, direction=direction, gallery=len(ids))
            for protocol in protocols
            for direction in ("image_to_text", "text_to_image")
        ],
        ignore_index=True,
    )


def places(seed, mean, count=300):
    return np.random.default_rng(seed).geometric(1 / mean, count) - 1


def test_a_difference_is_that_of_the_mean_reciprocal_ranks():
    one, two = places(0, 5), places(1, 2)
    found = compare({"one": [ranks_of(one)], "two": [ranks_of(two)]}, PARAMETERS)
    assert list(found.columns) == COLUMNS
    assert len(found) == 4
    reciprocal = [np.where(b < 10, 1 / (b + 1), 0).mean() for b in (two, one)]
    assert found["pair"].tolist() == ["two"] * 4
    assert found["difference"].tolist() == pytest.approx([reciprocal[0] - reciprocal[1]] * 4)
    assert (found["low"] < found["difference"]).all()
    assert (found["difference"] < found["high"]).all()
    assert found["better"].all()


def test_captions_not_queries_are_what_luck_may_turn_around():
    """Of the 2^5 sign flips of five captions two are as extreme as what was found."""
    captions = np.repeat(np.arange(5), 4)
    first, last = (ranks_of(np.full(20, place)) for place in (0, 50))
    found = compare(
        {
            name: [ranks.assign(caption_id=np.tile(captions, 4))]
            for name, ranks in {"first": first, "last": last}.items()
        },
        PARAMETERS,
    )
    assert found["p_value"].tolist() == pytest.approx([2 / 32] * 4)


def test_a_pair_is_never_better_than_its_own_twin():
    same = ranks_of(places(0, 5))
    found = compare({"one": [same], "two": [same]}, PARAMETERS)
    assert found["p_value"].tolist() == [1.0] * 4
    assert not found["better"].any()


def test_pairs_that_differ_by_luck_alone_are_seldom_called_different():
    called = [
        compare(
            {
                "one": [ranks_of(places(2 * i, 5), ("paper",))],
                "two": [ranks_of(places(2 * i + 1, 5), ("paper",))],
            },
            EvaluationParameters(resamples=200),
        )["better"].any()
        for i in range(40)
    ]
    assert np.mean(called) <= 0.15


def test_the_p_value_is_that_of_flipping_the_sign_of_whole_captions():
    one, two = places(0, 4, 60), places(3, 5, 60)
    found = compare({"one": [ranks_of(one)], "two": [ranks_of(two)]}, PARAMETERS)
    table = ranks_of(one, ("paper",)).head(60)
    differences = Ranks(one, np.ones(60, int)).reciprocals() * (one < 10)
    differences -= Ranks(two, np.ones(60, int)).reciprocals() * (two < 10)
    sums = pd.Series(differences).groupby(table["caption_id"]).sum().to_numpy()
    expected = permutation_test(
        (sums,),
        lambda x: x.mean(),
        permutation_type="samples",
        n_resamples=4000,
        rng=np.random.default_rng(9),
    ).pvalue
    assert found["p_value"].iloc[0] == pytest.approx(expected, abs=0.06)


def test_more_comparisons_make_each_harder_to_believe():
    three = {name: [ranks_of(places(i, 4 + i))] for i, name in enumerate("abc")}
    found = compare(three, PARAMETERS)
    assert len(found) == 12
    assert (found["adjusted_p_value"] >= found["p_value"]).all()


def test_runs_of_a_pair_are_pooled_by_query():
    first, second = places(0, 5), places(1, 5)
    pooled = compare(
        {"a": [ranks_of(first), ranks_of(second)], "b": [ranks_of(second), ranks_of(first)]},
        PARAMETERS,
    )
    assert pooled["difference"].tolist() == pytest.approx([0.0] * 4)


def test_without_a_held_out_protocol_there_is_none_of_its_rows():
    only = {name: [ranks_of(places(0, 3), ("paper",))] for name in "ab"}
    assert set(compare(only, PARAMETERS)["protocol"]) == {"paper"}


def test_one_pair_has_nothing_to_be_compared_with():
    alone = compare({"a": [ranks_of(places(0, 3))]}, PARAMETERS)
    assert alone.empty
    assert list(alone.columns) == COLUMNS
