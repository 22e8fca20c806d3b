import logging
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from shopclip.hooks.earlier_layout_hook import EarlierLayoutHook, LayoutError

STATES = "data/06_models/training_states/bert_vit/step_000000009.safetensors"


@pytest.fixture
def project(tmp_path):
    """As the version before left it: states of training, studies of tuning, and a pair's model."""
    for name in (STATES, "data/06_models/tuning/studies.db", "data/06_models/bert_vit/README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def begin(project, checkpoints="data/06_models/training-states"):
    """What the hook does in a run; another one has made the folders absolute."""
    hook = EarlierLayoutHook()
    loader = {"parameters": {"training": {"checkpoints": checkpoints}}}
    hook.after_context_created(SimpleNamespace(project_path=project, config_loader=loader))
    hook.before_pipeline_run()


def files(project):
    folder = project / "data/06_models"
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_what_lay_under_a_pairs_name_is_moved_with_a_line(project, caplog):
    with caplog.at_level(logging.INFO):
        begin(project)
    assert files(project) == {
        "training-states/bert_vit/step_000000009.safetensors",
        "tuning-studies/studies.db",
        "bert_vit/README.md",
    }
    moved = project / "data/06_models/training-states/bert_vit/step_000000009.safetensors"
    assert moved.read_text() == STATES
    assert caplog.messages == [
        f"{project}/data/06_models/training_states lies in training-states now",
        f"{project}/data/06_models/tuning lies in tuning-studies now",
    ]
    begin(project)
    assert len(files(project)) == 3


@pytest.mark.parametrize("name", ["training_states", "tuning"])
def test_the_model_of_a_pair_of_that_name_stays(project, name):
    model = project / "data/06_models" / name
    shutil.rmtree(model)
    model.mkdir()
    (model / "dual_encoder.json").write_text("{}")
    begin(project)
    assert (model / "dual_encoder.json").is_file()


def test_both_in_their_places_is_one_line_and_nothing_moves(project):
    (project / "data/06_models/training-states/gpt_vit").mkdir(parents=True)
    before = files(project)
    with pytest.raises(LayoutError) as caught:
        begin(project)
    folder = project / "data/06_models"
    assert str(caught.value) == (
        f"{folder}/training_states: of an earlier version, which lies in {folder}/training-states "
        "now, and both are there; move what you need of the old one into the new one, and the rest "
        "away"
    )
    assert files(project) == before


@pytest.mark.parametrize("root", ["", "{project}/"], ids=["relative", "absolute"])
def test_a_parameter_that_keeps_the_old_place_keeps_what_lies_there(project, root):
    place = root.format(project=project) + "data/06_models/training_states"
    begin(project, checkpoints=place)
    assert Path(project / STATES).is_file()


def test_a_new_project_has_nothing_to_move(tmp_path):
    begin(tmp_path)
    assert list(tmp_path.iterdir()) == []
