from typing import get_args

import pytest

from shopclip.catalogue.columns import ATTRIBUTES
from shopclip.parameters import AttributeName, Column, EvaluationParameters


def test_every_attribute_of_a_catalogue_can_be_asked_for():
    assert get_args(AttributeName) == ATTRIBUTES
    assert get_args(Column) == ("id", "caption", "image", *ATTRIBUTES)
    for attribute in ATTRIBUTES:
        EvaluationParameters(zero_shot={attribute: ["a {value}"]})


@pytest.mark.parametrize(
    ("zero_shot", "message"),
    [
        ({"colour": ["{value}"]}, "zero_shot.colour"),
        ({"caption": ["{value}"]}, "zero_shot.caption"),
        ({"gender": ["a product"]}, "'a product': expected {value} once and no other braces"),
        ({"gender": ["{value} {value}"]}, "expected {value} once"),
        ({"gender": ["{gender}"]}, "expected {value} once"),
        ({"gender": ["{value} {season}"]}, "expected {value} once"),
        ({"gender": ["{value:>3}"]}, "braces hold a name alone"),
        ({"gender": ["{value"]}, "expected '}'"),
        ({"gender": []}, "zero_shot.gender"),
        ({"gender": "{value}"}, "zero_shot.gender"),
    ],
)
def test_a_wrong_template_is_an_error_that_names_it(zero_shot, message):
    with pytest.raises(ValueError, match="zero_shot") as error:
        EvaluationParameters(zero_shot=zero_shot)
    assert message in str(error.value)


@pytest.mark.parametrize("setting", [{"contamination": "ignore"}, {"benchmark": ""}])
def test_a_wrong_benchmark_setting_is_an_error_that_names_it(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        EvaluationParameters(**setting)
