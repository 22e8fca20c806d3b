"""Every environment resolves, every pair has its pipelines, every catalog entry its use."""

from pathlib import Path

import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import MemoryDataset

from shopclip.parameters import (
    CaptionParameters,
    CatalogueParameters,
    EngineParameters,
    EvaluationParameters,
    ImageParameters,
    IndexParameters,
    Pair,
    SplitParameters,
    TrainingParameters,
)
from shopclip.parameters.messages import ParameterError
from shopclip.parameters.tuning import TuningParameters
from tests.project import copy_project

MODELS = {
    "catalogue": CatalogueParameters,
    "images": ImageParameters,
    "splits": SplitParameters,
    "captions": CaptionParameters,
    "training": TrainingParameters,
    "evaluation": EvaluationParameters,
    "index": IndexParameters,
    "engine": EngineParameters,
    "tuning": TuningParameters,
}
ENVIRONMENTS = ["base", "fashion", "fashion_small", "paper", "minilm", "public", "test", "wheels"]
PAIRS = ["bert_resnet", "bert_vit", "gpt_vit"]


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("configuration") / "project")


@pytest.fixture
def project(shared_project, monkeypatch):
    monkeypatch.chdir(shared_project)
    return shared_project


def context_of(project, env="base", **runtime):
    bootstrap_project(project)
    session = KedroSession.create(project, env=env, runtime_params=runtime)
    return session.load_context()


def configured(project, env):
    """The parameters, without the anchors that pairs are put together from."""
    parameters = context_of(project, env).config_loader["parameters"]
    return {name: value for name, value in parameters.items() if not name.startswith("_")}


def pipelines_of(project, env="base", **runtime):
    from kedro.framework.project import pipelines

    context = context_of(project, env, **runtime)
    return context, dict(pipelines)


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_parameters_fit_their_models_and_every_key_has_one(project, env):
    parameters = configured(project, env)
    models = {name: model.model_validate(parameters.pop(name)) for name, model in MODELS.items()}
    pairs = {name: Pair.model_validate(pair) for name, pair in parameters.pop("pairs").items()}
    assert parameters == {}
    public = ["clip_b32", "fashion_clip", "fashion_siglip", "siglip2_b16"]
    others = {
        "minilm": ["minilm_resnet"],
        "public": ["bert_resnet", "bert_vit", *public],
        "wheels": ["minilm_efficientnet"],
    }
    assert sorted(pairs) == others.get(env, PAIRS)
    for pair in pairs.values():
        models["training"].recipe_for(pair)


def test_the_papers_encoders_see_pixels_from_minus_one_to_one(project):
    """ImageNet's mean and deviation are the ResNet's own, and not what the paper gave it."""
    pairs = context_of(project, "paper").config_loader["parameters"]["pairs"]
    assert (
        pairs["bert_resnet"]["image"]["mean"] == pairs["bert_resnet"]["image"]["std"] == [0.5] * 3
    )


@pytest.mark.parametrize("env", ["paper", "fashion"])
def test_real_experiments_use_the_papers_size_and_pretrained_encoders(project, env):
    parameters = context_of(project, env).config_loader["parameters"]
    assert parameters["images"]["size"] == {"height": 224, "width": 224}
    names = {
        pair[side]["name"] for pair in parameters["pairs"].values() for side in ("text", "image")
    }
    assert names == {
        "bert-base-uncased",
        "gpt2",
        "google/vit-base-patch16-224-in21k",
        "microsoft/resnet-50",
    }


def test_the_paper_environment_is_the_papers_experiment(project):
    parameters = configured(project, "paper")
    assert (parameters["splits"]["held_out"], parameters["splits"]["validation"]) == (0, 0)
    assert parameters["training"]["recipe"]["epochs"] == 5
    assert parameters["training"]["recipe"]["batch_size"] == 64
    assert parameters.get("training", {}).get("embed_dim", 128) == 128


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_no_dataset_is_left_in_memory(project, env):
    context, pipelines = pipelines_of(project, env)
    names = [name for name in pipelines["__default__"].datasets() if not name.startswith("param")]
    catalog = context.catalog
    forgotten = [
        name
        for name in names
        if name not in catalog or isinstance(catalog.get(name), MemoryDataset)
    ]
    assert forgotten == []


def test_no_catalog_entry_is_unused(project):
    context, pipelines = pipelines_of(project)
    everything = pipelines["__default__"] + pipelines["preflight"] + pipelines["tuning"]
    used = everything.datasets()
    patterns = context.catalog.config_resolver
    for entry in context.config_loader["catalog"]:
        if "{" in entry:
            assert any(patterns.match_dataset_pattern(name) == entry for name in used), entry
        else:
            assert entry in used, entry


def test_every_parameter_of_a_stage_reaches_a_node(project):
    _, pipelines = pipelines_of(project)
    everything = pipelines["__default__"] + pipelines["tuning"]
    used = {name for name in everything.inputs() if name.startswith("params:")}
    assert {f"params:{name}" for name in MODELS} <= used
    assert {f"params:pairs.{pair}" for pair in PAIRS} <= used


def leaves(tree, above=""):
    """Every setting by its dotted key."""
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


@pytest.mark.parametrize("name", MODELS)
def test_the_base_configuration_and_the_models_have_the_same_defaults(project, name):
    """Whoever uses the models without the configuration has the same."""
    model = MODELS[name]
    base = model.model_validate(configured(project, "base")[name])
    defaults = dict(leaves(model().model_dump()))
    # In the project, from whichever folder of it a command is given.
    for place in {"uri", "checkpoints", "encoder_features", "studies"} & defaults.keys():
        defaults[place] = str(project / defaults[place])
    assert dict(leaves(base.model_dump())) == defaults


def test_a_local_file_that_sets_one_key_keeps_what_the_base_says_beside_it(tmp_path, monkeypatch):
    """Also where the base was edited, and where the block is nested."""
    project = copy_project(tmp_path / "project")
    monkeypatch.chdir(project)
    file = project / "conf/base/parameters_training.yml"
    file.write_text(file.read_text().replace("epochs: 12", "epochs: 3"))
    local = project / "conf/local/parameters.yml"
    local.write_text("training: {recipe: {batch_size: 32}}\n")
    training = context_of(project, "local").params["training"]
    assert (training.recipe.epochs, training.recipe.batch_size) == (3, 32)


@pytest.mark.parametrize(
    ("block", "section", "key", "names"),
    [
        ("pairs: {mine: {text: {name: a}, image: {name: b}}}", "pairs", None, {"mine"}),
        ("tuning: {space: {warmup: {low: 0, high: 1}}}", "tuning", "space", {"warmup"}),
        ("evaluation: {zero_shot: {gender: ['{value}']}}", "evaluation", "zero_shot", {"gender"}),
    ],
)
def test_what_is_a_list_under_names_is_replaced_whole(project, block, section, key, names):
    file = project / "conf/local/parameters.yml"
    file.write_text(block + "\n")
    try:
        found = context_of(project, "local").config_loader["parameters"][section]
    finally:
        file.unlink()
    assert set(found[key] if key else found) == names


@pytest.mark.parametrize(
    ("block", "other", "kept"),
    [
        ("splits: {held_out: 0.2}", "splits.validation", 0.05),
        ("training: {recipe: {batch_size: 32}}", "training.recipe.epochs", 12),
        ("training: {seeds: 2}", "training.recipe.text_learning_rate", 1e-3),
        ("images: {size: {height: 32, width: 32}}", "images.stored.height", 80),
        ("evaluation: {resamples: 100}", "evaluation.gallery_pictures", 6),
        ("tuning: {trials: 3}", "tuning.space.crop.low", 0.7),
    ],
)
def test_a_local_file_that_sets_one_knob_changes_no_other(project, block, other, kept):
    file = project / "conf/local/parameters.yml"
    file.write_text(block + "\n")
    try:
        params = context_of(project, "local").params
    finally:
        file.unlink()
    found = dict(leaves({name: params[name].model_dump() for name in MODELS if name in params}))
    assert found[other] == kept


def test_stages_are_pipelines_and_pairs_are_namespaces(project):
    _, pipelines = pipelines_of(project)
    stages = ["ingestion", "preprocessing", "training", "embedding", "evaluation", "indexing"]
    stages.append("reporting")
    assert sorted(pipelines) == sorted([*stages, "preflight", "tuning", "__default__"])
    for stage in ("training", "preflight", "embedding", "evaluation", "indexing"):
        of_pairs = [node for node in pipelines[stage].nodes if node.name != "collect_queries"]
        assert {node.namespace for node in of_pairs} == {f"{pair}.{stage}" for pair in PAIRS}
    total = sum(len(pipelines[stage].nodes) for stage in stages)
    assert len(pipelines["__default__"].nodes) == total


def test_a_fourth_pair_is_a_few_lines_of_yaml(tmp_path, monkeypatch):
    project = copy_project(tmp_path / "project")
    monkeypatch.chdir(project)
    add_gpt_resnet(project)
    context, pipelines = pipelines_of(project, "local")
    namespaces = {node.namespace for node in pipelines["training"].nodes}
    assert namespaces == {f"{pair}.training" for pair in (*PAIRS, "gpt_resnet")}
    assert "gpt_resnet.dual_encoder" in context.catalog


def add_gpt_resnet(project):
    """What a user writes for a new pair, in an existing file."""
    file = Path(project) / "conf" / "base" / "parameters_pairs.yml"
    with file.open("a") as lines:
        lines.write("  gpt_resnet: {text: *gpt, image: *resnet}\n")


@pytest.mark.parametrize(
    ("runtime", "message"),
    [
        ({"training": {"recipe": {"epocs": 3}}}, "epocs"),
        ({"training": {"recipe": {"epochs": -1}}}, "epochs is -1, expected at least 0"),
        ({"catalogue": {"limit": 0}}, "limit"),
        ({"captions": {"template": "{colour}"}}, "{colour} is no column of a product"),
        ({"captions": {"template": "{gender!r}"}}, "braces hold a name alone"),
        ({"captions": {"template": "{gender"}}, "expected '}'"),
        ({"captions": {"template": "a product"}}, "has no field"),
        ({"evaluation": {"zero_shot": {"colour": ["{value}"]}}}, "zero_shot.colour"),
        ({"evaluation": {"zero_shot": {"gender": ["a product"]}}}, "expected {value} once"),
        ({"evaluation": {"contamination": "ignore"}}, "contamination"),
    ],
)
def test_a_wrong_knob_is_an_error_that_names_it(project, runtime, message):
    with pytest.raises(ParameterError, match=message):
        context_of(project, **runtime)


def test_columns_on_the_command_line_join_the_configured_ones(project):
    runtime = {"catalogue": {"path": "elsewhere", "columns": {"caption": "title"}}}
    context = context_of(project, **runtime)
    catalogue = context.params["catalogue"]
    assert catalogue.path == "elsewhere"
    assert catalogue.columns == {"caption": "title"}
    assert catalogue.max_rejected == 0.05


@pytest.mark.parametrize("columns", [{"colour": "color"}, {"id": ""}])
def test_a_column_that_nobody_knows_is_an_error_that_names_it(columns):
    with pytest.raises(ValueError, match=rf"columns.{next(iter(columns))}"):
        CatalogueParameters(columns=columns)


def test_an_ensemble_is_combined_of_its_members_and_cannot_be_preflighted(project):
    members = {"gpt_vit": 1, "bert_resnet": 2}
    _, pipelines = pipelines_of(project, pairs={"both": {"ensemble": members}})
    nodes = {node.name: node for node in pipelines["__default__"].nodes}
    read = set(nodes["both.training.combine"].inputs) - {"params:pairs.both"}
    kinds = ("dual_encoder", "trained_captions")
    assert read == {f"{member}.{kind}" for member in members for kind in kinds}
    assert "both.training.train" not in nodes
    checked = {node.namespace for node in pipelines["preflight"].nodes}
    assert checked == {f"{pair}.preflight" for pair in PAIRS}
