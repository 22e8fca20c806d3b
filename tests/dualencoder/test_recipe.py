from dataclasses import asdict, fields

import pytest
from pydantic import TypeAdapter, ValidationError

from shopclip.dualencoder import Recipe


def test_every_wrong_knob_is_named_with_its_bounds():
    with pytest.raises(ValueError, match="batch_size is 1, expected at least 2") as error:
        Recipe(batch_size=1, warmup=2)
    assert "warmup is 2, expected between 0 and 1" in str(error.value)


@pytest.mark.parametrize("name", ["micro_batch", "temperature", "patience"])
def test_null_is_no_number_that_could_be_too_small(name):
    assert getattr(Recipe(**{name: None}), name) is None
    with pytest.raises(ValueError, match=f"{name} is 0, expected"):
        Recipe(**{name: 0})


def test_every_knob_has_a_description_and_a_default_within_its_bounds():
    for knob in fields(Recipe()):
        assert len(knob.metadata["description"]) > 10, knob.name


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
