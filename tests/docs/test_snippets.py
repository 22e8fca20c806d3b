"""What the documentation shows of files: a reader who copies it gets no error."""

import re

import pytest
import yaml
from kedro.io import DataCatalog
from pydantic import TypeAdapter
from setting_reader import models_of_nodes

from shopclip.parameters import Pair, PairName, TrainingParameters
from tests.docs.pages import fences
from tests.project import ROOT

TYPED = {"bash", "console", "python"}  # tested by test_commands
SHOWN = {"text": "what a command prints", "csv": "the beginning of a table"}
# Files that are not of this project's configuration, by their keys, and who tests them.
OTHERS = {("default",): "tests/test_orchestrator.py"}
pytestmark = pytest.mark.filterwarnings("ignore:Support for class-based `config`")  # kedro-mlflow's
YAML = [pytest.param(one, id=one.name) for one in fences() if one.language == "yaml"]
PAIRS = (ROOT / "conf/base/parameters_pairs.yml").read_text("utf-8")


@pytest.fixture(scope="module")
def models():
    return models_of_nodes()


def test_every_block_says_what_it_is_and_is_tested_or_only_shown():
    known = {*TYPED, *SHOWN, "yaml"}
    assert [(one.name, one.language) for one in fences() if one.language not in known] == []


@pytest.mark.parametrize("fence", YAML)
def test_a_piece_of_configuration_is_valid(fence, models):
    anchors = PAIRS.partition("\npairs:")[0] if re.search(r"\*\w", fence.text) else ""
    content = yaml.safe_load(f"{anchors}\n{fence.text}")
    content = {key: value for key, value in content.items() if not key.startswith("_")}
    if tuple(content) in OTHERS:
        assert fence.page.name in (ROOT / OTHERS[tuple(content)]).read_text("utf-8")
        return
    if content.keys() <= {"server", "tracking", "ui"}:
        from kedro_mlflow.config.kedro_mlflow_config import KedroMlflowConfig

        KedroMlflowConfig.model_validate(content)
        return
    for section, value in content.items():
        if section == "pairs":
            check_pairs(value)
        elif "." in section:
            DataCatalog.from_config({section.format(pair="bert_vit"): value})
        else:
            assert section in models, f"{fence.name}: nothing of the configuration is {section}"
            TypeAdapter(models[section]).validate_python(value)


def check_pairs(pairs):
    base = yaml.safe_load((ROOT / "conf/base/parameters_training.yml").read_text("utf-8"))
    training = TrainingParameters.model_validate(base["training"])
    TypeAdapter(list[PairName]).validate_python(list(pairs))
    for pair in pairs.values():
        training.recipe_for(Pair.model_validate(pair))


@pytest.mark.parametrize(
    "wrong", [{"gpt_vit": {"text": {"nane": "gpt2"}}}, {"Gpt": {}}, {"a": {"image": {}}}]
)
def test_a_wrong_pair_would_be_found(wrong):
    with pytest.raises(ValueError):  # noqa: PT011  pydantic's own
        check_pairs(wrong)
