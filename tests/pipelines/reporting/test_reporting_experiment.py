import re

import pytest

from shopclip.parameters import ImageParameters
from shopclip.pipelines.reporting.experiment import (
    Experiment,
    encoder_name,
    versions,
    without_folders,
)


def test_reads_dictionaries_and_what_kedro_made_of_them(parameters):
    models = parameters | {"images": ImageParameters.model_validate(parameters["images"])}
    assert Experiment.read(models) == Experiment.read(parameters)


def test_a_pair_trains_by_the_shared_recipe_and_its_own_knobs(parameters):
    experiment = Experiment.read(parameters)
    assert experiment.recipe("bert_resnet").batch_size == 8
    assert experiment.recipe("bert_vit").batch_size == 4
    assert experiment.recipe("bert_vit").epochs == 3


def test_names_encoders_without_their_folders(parameters):
    pairs = Experiment.read(parameters).pairs
    assert encoder_name(pairs["bert_resnet"].text) == "bert, from scratch"
    assert encoder_name(pairs["bert_resnet"].image) == "microsoft/resnet-50"
    assert encoder_name(pairs["gpt_vit"].text) == "…/gpt2"


def test_lines_hold_every_parameter_and_no_folder(parameters):
    lines = Experiment.read(parameters).lines()
    assert "catalogue.path: …/sample" in lines
    assert "training.recipe.batch_size: 8" in lines
    assert "evaluation.resamples: 1000" in lines  # a default
    assert "pairs.bert_vit.recipe.batch_size: 4" in lines
    assert "tuning.trials: 5" in lines  # of a stage that the report knows nothing of
    assert not [line for line in lines if re.search(r"\bann\b", line)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/ann smith/shops/sample", "…/sample"),
        ("~/shops/sample", "…/sample"),
        (r"C:\Users\ann\shop", "…/shop"),
        ("cannot open '/home/ann/x.jpg'", "cannot open '…/x.jpg'"),
        (r"cannot open D:\ann\x.jpg", "cannot open …/x.jpg"),
        ("images/12.jpg does not exist", "images/12.jpg does not exist"),
        ("microsoft/resnet-50", "microsoft/resnet-50"),
        ("Men/Women's Shirt", "Men/Women's Shirt"),
        ("sample", "sample"),
    ],
)
def test_paths_lose_their_folders(text, shown):
    assert without_folders(text) == shown


def test_versions_name_what_computes():
    assert list(versions()) == ["python", "shopclip", "torch", "transformers", "kedro"]


def test_the_anchors_of_pairs_are_no_parameters(parameters):
    lines = Experiment.read(parameters | {"_bert": {"vocab_size": 4000}}).lines()
    assert not [line for line in lines if line.startswith("_")]
