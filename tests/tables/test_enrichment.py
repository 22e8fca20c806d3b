import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopclip.catalogue.columns import ATTRIBUTES
from shopclip.parameters import CaptionParameters
from shopclip.tables.training_examples import enrich, parse, render

TEMPLATE = "{caption}, {baseColour} {articleType} for {gender}, {season} {usage}"
ALL = {
    "caption": "Arden Shirt",
    "baseColour": "Red",
    "articleType": "Shirts",
    "gender": "Men",
    "season": "Fall",
    "usage": "Casual",
}


@pytest.mark.parametrize(
    ("unknown", "expected"),
    [
        ([], "Arden Shirt, Red Shirts for Men, Fall Casual"),
        (["gender"], "Arden Shirt, Red Shirts, Fall Casual"),
        (["baseColour"], "Arden Shirt, Shirts for Men, Fall Casual"),
        (["season", "usage"], "Arden Shirt, Red Shirts for Men"),
        (["baseColour", "articleType", "gender"], "Arden Shirt, Fall Casual"),
        (list(ALL)[1:], "Arden Shirt"),
    ],
)
def test_unknown_attributes_are_left_out_cleanly(unknown, expected):
    values = {name: value for name, value in ALL.items() if name not in unknown}
    assert render(parse(TEMPLATE), values) == expected


def test_words_after_the_last_field_of_a_phrase_go_with_it():
    phrases = parse("photo of {caption}, {season} collection, in stock")
    assert render(phrases, {"caption": "Cap", "season": "Fall"}) == (
        "photo of Cap, Fall collection, in stock"
    )
    assert render(phrases, {"caption": "Cap"}) == "photo of Cap, in stock"


@given(st.sets(st.sampled_from(list(ALL)[1:])))
def test_no_stump_is_left_whatever_is_unknown(unknown):
    values = {name: value for name, value in ALL.items() if name not in unknown}
    text = render(parse(TEMPLATE), values)
    assert not text.endswith(("for", ",", " "))
    assert "  " not in text
    assert ", ," not in text
    assert ("for" in text.split()) == ("gender" not in unknown)


def products(count):
    attributes = {name: pd.array([name] * count, dtype="string") for name in ATTRIBUTES}
    table = pd.DataFrame({"caption": [f"shirt {i}" for i in range(count)], **attributes})
    return table.assign(year=pd.array([2012] * count, dtype="Int64"))


def test_each_attribute_is_left_out_at_its_chance_and_the_caption_never():
    parameters = CaptionParameters(template=TEMPLATE, field_dropout=0.3, variants=5)
    texts = enrich(products(1000), parameters, seed=0)
    assert texts.shape == (1000, 5)
    flat = pd.Series(texts.ravel())
    for name in ("baseColour", "articleType", "gender", "season", "usage"):
        assert flat.str.contains(name).mean() == pytest.approx(0.7, abs=0.03)
    assert all(text.startswith(f"shirt {row}") for row in range(1000) for text in texts[row])


def test_the_seed_decides():
    parameters = CaptionParameters(template=TEMPLATE)
    first, again, other = (enrich(products(50), parameters, seed).tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_a_year_is_written_as_a_whole_number():
    parameters = CaptionParameters(template="{caption} of {year}", field_dropout=0, variants=1)
    assert enrich(products(1), parameters, seed=0).tolist() == [["shirt 0 of 2012"]]


def test_a_template_that_comes_out_empty_is_the_raw_caption():
    parameters = CaptionParameters(template="{gender}", field_dropout=1, variants=1)
    assert enrich(products(1), parameters, seed=0).tolist() == [["shirt 0"]]


def test_a_template_of_the_caption_alone_needs_no_attribute():
    parameters = CaptionParameters(template="a photo of {caption}", variants=2)
    assert enrich(products(1), parameters, seed=0).tolist() == [["a photo of shirt 0"] * 2]
