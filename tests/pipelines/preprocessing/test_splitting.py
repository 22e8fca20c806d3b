import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from shopclip.pipelines.preprocessing.splitting import caption_keys, held_out

CAPTIONS = pd.Series([f"shirt {i % 700}" for i in range(1000)])


def test_captions_that_read_the_same_have_the_same_key():
    keys = caption_keys(pd.Series(["Red  Shirt", "red shirt", "RED\tSHIRT ", "red shirts"]))
    assert keys.nunique() == 2


def test_no_caption_is_on_both_sides():
    kept_out = held_out(CAPTIONS, 0.3, seed=0)
    assert set(CAPTIONS[kept_out]).isdisjoint(CAPTIONS[~kept_out])


def test_about_the_share_is_kept_out():
    distinct = pd.Series([f"caption {i}" for i in range(10_000)])
    assert abs(held_out(distinct, 0.1, seed=0).mean() - 0.1) < 0.01


def test_the_ends_of_the_share_are_exact():
    assert not held_out(CAPTIONS, 0, seed=0).any()
    assert held_out(CAPTIONS, 1, seed=0).all()


def test_another_seed_draws_another_split():
    assert not held_out(CAPTIONS, 0.5, seed=0).equals(held_out(CAPTIONS, 0.5, seed=1))


@given(st.lists(st.text(max_size=5), min_size=1), st.lists(st.text(max_size=5)))
def test_new_products_move_no_old_one(old, new):
    before = held_out(pd.Series(old), 0.5, seed=0)
    after = held_out(pd.Series(new + old), 0.5, seed=0)
    assert after.tolist()[len(new) :] == before.tolist()
