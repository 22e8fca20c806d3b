import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopclip.tables.contamination import caption_hashes, held_out_seen, remember, seen


def examples(*rows):
    table = pd.DataFrame(rows, columns=["caption", "split"])
    keys = table["caption"].str.casefold().str.split().str.join(" ")
    return table.assign(caption_id=pd.factorize(keys)[0])


SHOP = examples(
    ("Red Shirt", "train"),
    ("red  SHIRT", "train"),
    ("Blue Cap", "validation"),
    ("Green Hat", "held_out"),
)


def test_a_hash_is_64_bits_of_blake2b_of_the_normalised_caption():
    expected = int.from_bytes(hashlib.blake2b(b"red shirt", digest_size=8).digest(), "big")
    found = caption_hashes(pd.Series(["Red Shirt", " red\tSHIRT", "red shirts"]))
    assert found.dtype == np.uint64
    assert found[:2].tolist() == [expected, expected]
    assert found[2] != expected


@given(st.lists(st.text(max_size=6)), st.lists(st.text(max_size=6)))
def test_a_caption_is_seen_if_and_only_if_it_reads_like_one_that_was_trained_with(old, asked):
    trained = remember(examples(*((caption, "train") for caption in old)), trained=True)
    values = {" ".join(caption.casefold().split()) for caption in old}
    expected = [" ".join(caption.casefold().split()) in values for caption in asked]
    assert seen(pd.Series(asked, dtype="str"), trained).tolist() == expected


def test_training_and_validation_captions_are_remembered_once():
    trained = remember(SHOP, trained=True)
    assert trained["caption_hash"].tolist() == sorted(
        caption_hashes(pd.Series(["Red Shirt", "Blue Cap"]))
    )


def test_towers_that_were_not_trained_have_seen_nothing():
    nothing = remember(SHOP, trained=False)
    assert nothing.empty
    assert nothing["caption_hash"].dtype == np.uint64


@pytest.mark.parametrize(
    ("split", "share"), [("held_out", 3 / 4), ("train", 0.0)], ids=["all held out", "none"]
)
def test_the_present_split_does_not_hide_what_was_trained_with(split, share):
    trained = remember(SHOP, trained=True)
    assert held_out_seen(SHOP.assign(split=split), trained) == share


def test_an_honest_split_has_seen_none_of_the_held_out():
    assert held_out_seen(SHOP, remember(SHOP, trained=True)) == 0
