"""What a trial may choose is checked against Recipe when Kedro reads the configuration."""

from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from shopclip.dualencoder.recipe import Recipe
from shopclip.parameters.tuning import Domain, TuningParameters, number_kind

CONF = Path(__file__).parents[2] / "conf"


@pytest.mark.parametrize("env", ["base", "test"])
def test_the_configuration_fits(env):
    text = (CONF / env / "parameters_tuning.yml").read_text()
    tuning = TuningParameters.model_validate(yaml.safe_load(text)["tuning"])
    assert "text_learning_rate" in tuning.space


@pytest.mark.parametrize(
    ("name", "domain", "message"),
    [
        (
            "learning_rate",
            {"low": 1, "high": 2},
            "learning_rate is no hyperparameter of the recipe",
        ),
        ("batch_size", {"low": 1, "high": 8}, "batch_size is 1, expected at least 2"),
        ("jitter", {"low": 0, "high": 0.6}, "jitter is 0.6, expected at most 0.5"),
        ("crop", {"choices": [0.1, 0.9]}, "crop is 0.1, expected at least 0.2"),
        ("batch_size", {"low": 2.0, "high": 8}, "batch_size takes whole numbers"),
        ("batch_size", {"low": 2, "high": 8, "step": 1.5}, "batch_size takes whole numbers"),
        ("batch_size", {"choices": [8, "many"]}, 'batch_size is "many"'),
        ("loss", {"low": 1, "high": 2}, "loss is no number; give it choices"),
        ("loss", {"choices": ["info_nce", "triplet"]}, 'loss is "triplet"'),
        ("flip", {"low": 0, "high": 1}, "flip is no number; give it choices"),
        ("epochs", {"low": 0, "high": 4}, "epochs is 0"),
        ("wise_ft", {"choices": [False, True]}, "wise_ft acts after the epochs"),
        ("crop", {"low": 0.5}, "takes low and high, or choices"),
        ("crop", {"low": 0.5, "high": 0.5}, "expected less than high"),
        ("crop", {"low": 0.9, "high": 0.5}, "expected less than high"),
        ("crop", {"low": 0.5, "high": 1, "choices": [1, 2]}, "choices stand alone"),
        ("crop", {"choices": [0.5]}, "at least 2 items"),
        ("crop", {"choices": [0.5, 0.5]}, "choices repeat a value"),
        ("jitter", {"low": 0, "high": 0.4, "log": True}, "log takes a low above 0"),
        ("jitter", {"low": 0.1, "high": 0.4, "log": True, "step": 0.1}, "and no step"),
        ("jitter", {"low": 0, "high": 0.4, "step": 0.3}, "plus a multiple of 0.3"),
        ("jitter", {"low": 0, "high": 0.4, "step": 0}, "greater than 0"),
        ("text_learning_rate", {"low": 0, "high": float("inf")}, "finite number"),
        ("text_learning_rate", {"low": "1e-4", "high": 1}, "space.text_learning_rate.low"),
        ("crop", {"low": 0.5, "high": 1, "steps": 2}, "Extra inputs are not permitted"),
    ],
)
def test_a_hyperparameter_that_recipe_would_refuse_is_an_error_that_names_it(name, domain, message):
    with pytest.raises(ValidationError) as raised:
        TuningParameters(space={name: domain})
    assert message in str(raised.value)
    assert name in str(raised.value)


def test_one_error_names_every_knob_that_is_wrong():
    space = {"jitter": {"low": 0, "high": 1}, "warm_up": {"low": 0, "high": 1}}
    with pytest.raises(ValidationError, match=r"jitter is 1.*; warm_up is no hyperparameter"):
        TuningParameters(space=space)


def test_every_knob_of_the_recipe_can_be_chosen_and_numbers_are_told_apart():
    kinds = {field.name: number_kind(field.name) for field in fields(Recipe)}
    assert kinds["patience"] is kinds["micro_batch"] is kinds["epochs"] is int
    assert kinds["temperature"] is kinds["warmup"] is float
    assert kinds["flip"] is kinds["loss"] is kinds["text_mode"] is None


@pytest.mark.parametrize(
    ("domain", "value", "allowed"),
    [
        ({"low": 1, "high": 3}, 3, True),
        ({"low": 1, "high": 3}, 0.999, False),
        ({"low": 1, "high": 3}, None, False),
        ({"low": 0.1, "high": 0.7, "step": 0.2}, 0.3, True),  # 0.1 + 0.2 is not quite 0.3
        ({"low": 0.1, "high": 0.7, "step": 0.2}, 0.4, False),
        ({"choices": [None, 4]}, None, True),
        ({"choices": [1, 4]}, 1.0, True),
        ({"choices": [1, 4]}, True, False),
    ],
)
def test_a_domain_knows_what_it_allows(domain, value, allowed):
    assert Domain.model_validate(domain).allows(value) is allowed
