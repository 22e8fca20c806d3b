import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from shopclip.hooks.collisions import CollisionError
from shopclip.parameters.pairs import RepeatError
from tests.project import copy_project, kedro

PAIR = "{text: *bert, image: *vit}"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("pairs") / "project")


@pytest.fixture
def named(project):
    """Puts a pair of this name beside the others of the test environment, for a while."""
    file = project / "conf/test/parameters_pairs.yml"
    before = file.read_text()
    yield lambda name: file.write_text(f"{before}  {name}: {PAIR}\n")
    file.write_text(before)


def load(project, **runtime):
    bootstrap_project(project)
    return KedroSession.create(project, env="test", runtime_params=runtime).load_context()


def test_a_pair_with_the_name_of_a_repeat_does_not_begin(project, named):
    named("bert_vit_seed1")
    load(project, training={"seeds": 1})
    with pytest.raises(RepeatError, match=r"pairs\.bert_vit_seed1: .* repeat of pairs\.bert_vit,"):
        load(project, training={"seeds": 2})


def test_a_pair_with_the_dataset_of_another_does_not_begin(project, named):
    named("figure")
    file = project / "conf/test/catalog.yml"
    file.write_text("results_figure: {type: MemoryDataset}\n")
    try:
        with pytest.raises(CollisionError, match=r"pairs\.figure: .* name of results_figure"):
            load(project)
    finally:
        file.unlink()


def test_a_cache_in_the_folder_of_a_pair_does_not_begin(project):
    where = {"checkpoints": "data/06_models/bert_vit/states"}
    with pytest.raises(CollisionError, match=r"pairs\.bert_vit: .* place of training\.checkpoints"):
        load(project, training=where)


def test_caches_lie_in_the_project_from_wherever_the_command_is_given(project, monkeypatch):
    monkeypatch.chdir("/")
    training = load(project).params["training"]
    assert training.checkpoints == str(project / "data/06_models/training-states")
    assert training.encoder_features == str(project / "data/04_feature")


@pytest.mark.parametrize("name", ["training_states", "tuning", "examples", "image_store", "x_y"])
def test_other_names_are_a_pairs_own(project, named, name):
    from kedro.framework.project import pipelines

    named(name)
    load(project)
    inputs = {node.name: set(node.inputs) for node in pipelines["reporting"].nodes}
    assert {"examples", f"results_{name}"} <= inputs["draw_signs"]
    assert {"examples", "image_store", f"results_{name}"} <= inputs["draw_gallery"]
    assert f"{name}.dual_encoder" in pipelines["training"].all_outputs()


@pytest.mark.slow
def test_a_refused_pair_is_one_line(project, named):
    named("bert_vit_seed1")
    done = kedro(project, "run", "--env", "test", "--params", "training.seeds=2", check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: pairs.bert_vit_seed1: with training.seeds: 2 this is the name")
    assert not (project / "data").exists()
