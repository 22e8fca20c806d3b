import re
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shopclip.dualencoder import Recipe


def test_every_wrong_knob_is_named_with_its_bounds():
    with pytest.raises(ValueError, match=r"batch_size\n.*greater than or equal to 2") as error:
        Recipe(batch_size=1, warmup=2)
    assert re.search(r"warmup\n.*less than or equal to 1", str(error.value))


@pytest.mark.parametrize("name", ["micro_batch", "temperature", "patience"])
def test_null_is_no_number_that_could_be_too_small(name):
    assert getattr(Recipe(**{name: None}), name) is None
    with pytest.raises(ValueError, match=rf"{name}\n.*greater than or equal to"):
        Recipe(**{name: 0})


def test_every_knob_has_a_description_and_a_default_within_its_bounds():
    for name, setting in Recipe.__pydantic_fields__.items():
        assert len(setting.description) > 10, name
        TypeAdapter(Recipe).validate_python({name: setting.default})


@given(crop=st.floats(0, 1.2), jitter=st.floats(-0.5, 1), patience=st.none() | st.integers(-2, 3))
@settings(deadline=None)
def test_a_value_is_accepted_if_and_only_if_it_is_null_or_within_inclusive_bounds(
    crop, jitter, patience
):
    fits = {
        "crop": 0.2 <= crop <= 1,
        "jitter": 0 <= jitter <= 0.5,
        "patience": patience is None or patience >= 1,
    }
    values = {"crop": crop, "jitter": jitter, "patience": patience}
    if all(fits.values()):
        assert asdict(Recipe(**values)) == {**asdict(Recipe()), **values}
        return
    with pytest.raises(ValidationError) as error:
        Recipe(**values)
    assert {one["loc"][0] for one in error.value.errors()} == {n for n in fits if not fits[n]}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(value):
    with pytest.raises(ValidationError, match="finite"):
        Recipe(weight_decay=value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("loss", "triplet"),
        ("text_mode", "half"),
        ("image_mode", None),
        ("precision", "fp8"),
        ("micro_batch", "few"),
        ("compiled", True),
    ],
)
def test_a_configuration_with_a_wrong_word_or_a_misspelt_knob_is_an_error_that_names_it(
    name, value
):
    with pytest.raises(ValidationError, match=name):
        TypeAdapter(Recipe).validate_python({name: value})


def test_a_configuration_makes_the_recipe_that_it_describes():
    recipe = Recipe(micro_batch=8, loss="siglip", text_mode="cached", patience=3)
    assert TypeAdapter(Recipe).validate_python(asdict(recipe)) == recipe
