import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopclip.tables.ground_truth import Benchmark
from shopclip.tables.splits import caption_keys, of_benchmark, split

CAPTIONS = pd.Series([f"shirt {i % 700}" for i in range(1000)])


def test_captions_that_read_the_same_have_the_same_key():
    keys = caption_keys(pd.Series(["Red  Shirt", "red shirt", "RED\tSHIRT ", "red shirts"]))
    assert keys.nunique() == 2


def test_no_caption_is_on_two_sides():
    sides = CAPTIONS.groupby(split(CAPTIONS, 0.3, 0.3, seed=0)).unique()
    assert set(sides.index) == {"held_out", "validation", "train"}
    assert sum(len(captions) for captions in sides) == CAPTIONS.nunique()


def test_about_the_shares_are_kept_out():
    distinct = pd.Series([f"caption {i}" for i in range(10_000)])
    shares = split(distinct, 0.1, 0.2, seed=0).value_counts(normalize=True)
    assert abs(shares["held_out"] - 0.1) < 0.01
    assert abs(shares["validation"] - 0.2) < 0.015


def test_the_ends_of_the_share_are_exact():
    assert (split(CAPTIONS, 0, 0, seed=0) == "train").all()
    assert (split(CAPTIONS, 1, 0.1, seed=0) == "held_out").all()


def test_validation_takes_nothing_from_what_is_held_out():
    without, with_validation = (split(CAPTIONS, 0.3, share, seed=0) for share in (0, 0.2))
    assert (without == "held_out").equals(with_validation == "held_out")


def test_another_seed_draws_another_split():
    assert not split(CAPTIONS, 0.5, 0, seed=0).equals(split(CAPTIONS, 0.5, 0, seed=1))


# BLAKE2b of "red shirt", "green hat" and "white sock", salted with the seed, is at these shares of
# its range: 0.363, 0.944, 0.140 with 0; 0.504, 0.148, 0.055 with 1; 0.454, 0.703, 0.135 with -3.
@pytest.mark.parametrize(
    ("seed", "sides"),
    [
        (0, ["validation", "train", "held_out"]),
        (1, ["train", "held_out", "held_out"]),
        (-3, ["validation", "train", "held_out"]),
    ],
)
def test_a_caption_is_on_the_same_side_in_every_version_of_this_project(seed, sides):
    keys = pd.Series(["red shirt", "green hat", "white sock"])
    assert split(keys, 0.3, 0.2, seed=seed).tolist() == sides


@given(st.lists(st.text(max_size=5), min_size=1), st.lists(st.text(max_size=5)))
@settings(deadline=None)
def test_new_products_move_no_old_one(old, new):
    before = split(pd.Series(old), 0.4, 0.3, seed=0)
    after = split(pd.Series(new + old), 0.4, 0.3, seed=0)
    assert after.tolist()[len(new) :] == before.tolist()


BENCHMARK = Benchmark({"Red  SHIRT": ("1",), "Blue Cap": ("2", "99")})


def test_a_benchmark_keeps_its_captions_and_ids_and_their_whole_groups_out():
    products = pd.DataFrame(
        [
            ("1", "red shirt"),  # caption and id
            ("7", "red shirt"),  # caption alone
            ("2", "navy cap"),  # id alone: the catalogue has another caption
            ("8", "navy cap"),  # shares that caption
            ("9", "green hat"),
        ],
        columns=["id", "caption"],
    )
    belongs = of_benchmark(products["id"], caption_keys(products["caption"]), BENCHMARK)
    assert belongs.tolist() == [True, True, True, True, False]


def test_a_benchmark_of_another_catalogue_is_warned_about(caplog):
    of_benchmark(pd.Series(["5"]), pd.Series(["green hat"]), BENCHMARK)
    assert "0 of 1 products" in caplog.text
    assert caplog.records[0].levelname == "WARNING"
