import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopclip.catalogue.columns import is_visible

UNSEEN = [
    "\u200b",
    "\ufeff",
    "\u2060",
    "\u00ad",
    "\u200d",
    "\x01",
    "\x7f",
    "\u0301",
    "\u20dd",
    "\ufe0f",
    "\u3164",
    "\u2800",
    "\u00a0",
    "\u2003",
    "\u202e",
    "\t",
    "\0",
]


@pytest.mark.parametrize("character", UNSEEN)
def test_what_no_reader_sees_is_not_visible(character):
    assert not is_visible(character)
    assert is_visible(f"{character}a{character}")


@given(st.lists(st.sampled_from(UNSEEN)).map("".join))
def test_no_number_of_them_is(text):
    assert not is_visible(text)


@pytest.mark.parametrize("text", ["a", "7", "赤", "ก", "é", "e\u0301", "👕", "–", "€", "."])
def test_letters_digits_signs_and_pictures_are(text):
    assert is_visible(text)
