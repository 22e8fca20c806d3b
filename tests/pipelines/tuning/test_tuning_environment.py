"""The environment that tuning writes gives exactly the recipe that won."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kedro.config import OmegaConfigLoader

from shopclip.dualencoder.recipe import Recipe
from shopclip.parameters import (
    CaptionParameters,
    CatalogueParameters,
    ImageParameters,
    Pair,
    TrainingParameters,
)
from shopclip.pipelines.tuning.environment import data_text, is_of, pairs_text, training_text
from tests.pipelines.tuning.conftest import PAIRS, SIZE

TRAINING = TrainingParameters(recipe={"epochs": 2}, embed_dim=16, device="cpu", seed=3)
OTHER = {"gpt_resnet": PAIRS["gpt_resnet"].model_copy(update={"recipe": {"epochs": 9, "crop": 1}})}


def tuned_by(recipe):
    best = {"number": 7, "pair": "gpt_resnet", "recipe": asdict(recipe), "value": 0.5}
    return {"study": "0123", "trials": {"complete": 12}, "best": best, "default": best}


def loaded(folder, **texts):
    """What Kedro makes of the files of an environment, over a base that says otherwise."""
    for environment, files in (
        (
            "base",
            {"parameters_training": "training: {recipe: {jitter: 0.4}}\npairs: {bert_vit: {}}\n"},
        ),
        ("tuned", texts),
    ):
        (folder / environment).mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / environment / f"{name}.yml").write_text(text, "utf-8")
    loader = OmegaConfigLoader(str(folder), env="tuned", base_env="base", default_run_env="tuned")
    return loader["parameters"]


recipes = st.builds(
    Recipe,
    epochs=st.integers(1, 50),
    batch_size=st.integers(2, 4096),
    micro_batch=st.none() | st.integers(1, 64),
    loss=st.sampled_from(["info_nce", "siglip"]),
    temperature=st.none() | st.floats(0.01, 10),
    text_learning_rate=st.floats(0, 1),
    weight_decay=st.floats(0, 1),
    flip=st.booleans(),
    jitter=st.floats(0, 0.5),
)


@settings(deadline=None, max_examples=25)
@given(recipe=recipes)
def test_kedro_reads_back_the_recipe_to_the_last_bit(recipe, tmp_path_factory):
    tuned = tuned_by(recipe)
    parameters = loaded(
        tmp_path_factory.mktemp("conf"),
        parameters_training=training_text(tuned, TRAINING, ["a line"]),
        parameters_pairs=pairs_text(tuned, OTHER),
    )
    training = TrainingParameters.model_validate(parameters["training"])
    pairs = {name: Pair.model_validate(pair) for name, pair in parameters["pairs"].items()}
    assert list(pairs) == ["gpt_resnet"]
    assert training.recipe_for(pairs["gpt_resnet"]) == recipe
    assert training == TRAINING.model_copy(update={"recipe": recipe})
    assert pairs["gpt_resnet"] == PAIRS["gpt_resnet"]


def test_a_pair_keeps_its_encoders_with_all_they_say(tmp_path):
    odd = Pair.model_validate(
        {
            "text": {"name": "Å/bert", "pooling": "last", "max_tokens": 12},
            "image": {"config": {"model_type": "vit"}, "size": [80, 64], "stem": "convolutional"},
            "recipe": {"epochs": 4},
        }
    )
    text = pairs_text(tuned_by(Recipe()), {"gpt_resnet": odd})
    (pair,) = loaded(tmp_path, parameters_pairs=text)["pairs"].values()
    assert Pair.model_validate(pair) == odd.model_copy(update={"recipe": {}})


def test_what_it_was_tuned_on_stays_as_it_was(tmp_path):
    blocks = {
        "catalogue": CatalogueParameters(path="a shop/été", columns={"id": "sku"}, limit=40),
        "images": ImageParameters(stored=SIZE, size=SIZE),
        "captions": CaptionParameters(template="{caption}, {gender}"),
    }
    parameters = loaded(tmp_path, parameters_data=data_text(tuned_by(Recipe()), blocks))
    for name, block in blocks.items():
        assert type(block).model_validate(parameters[name]) == block


def test_every_file_begins_with_the_command_and_says_where_it_comes_from():
    tuned = tuned_by(replace(Recipe(), epochs=2))
    texts = [
        training_text(tuned, TRAINING, ["held out: 50 %"]),
        pairs_text(tuned, OTHER),
        data_text(tuned, {}),
    ]
    for text in texts:
        assert text.startswith("# kedro run --env tuned\n")
        assert "trial 7 of study 0123, gpt_resnet" in text
    assert "# held out: 50 %\n" in texts[0]


@pytest.mark.parametrize(
    ("path", "limit", "facts", "expected"),
    [
        ("sample", None, ("sample", 1500, 1500), True),
        ("sample", 80, ("sample", 1500, 80), True),
        ("sample", 4000, ("sample", 1500, 1500), True),
        ("sample", None, ("sample", 1500, 80), False),
        ("/shops/one", None, ("one", 30, 30), True),
        ("owner/name", None, ("owner/name", 30, 30), True),
        ("sample", None, ("one", 30, 30), False),
    ],
)
def test_it_notices_that_the_products_are_those_of_another_command(path, limit, facts, expected):
    catalogue = CatalogueParameters(path=path, limit=limit)
    metadata = dict(zip(("name", "usable", "drawn"), facts, strict=True))
    assert is_of(catalogue, metadata) is expected
