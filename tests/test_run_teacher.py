"""`recipe.teacher` as a user types it."""

import json

import pytest

from shopclip.dualencoder import DualEncoder
from tests.project import copy_project, kedro

pytestmark = pytest.mark.slow
TAUGHT = "pairs.gpt_vit.recipe.teacher=bert_resnet"
TEST = ("run", "--env", "test")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project in which bert_resnet has taught gpt_vit, whose name comes first nowhere."""
    project = copy_project(tmp_path_factory.mktemp("teacher") / "project")
    return project, kedro(project, *TEST, "--params", f"{TAUGHT},training.seeds=2")


def test_the_teacher_is_trained_before_its_pupil(finished):
    said = finished[1].stdout + finished[1].stderr
    order = [
        said.index(f"{run}.training.train") for run in ("bert_resnet", "gpt_vit", "gpt_vit_seed1")
    ]
    assert order[0] == min(order)


def test_report_and_card_say_whose_pupil_it_is(finished):
    project = finished[0]
    assert "pupil of bert_resnet" in (project / "data/08_reporting/report.html").read_text()
    card = (project / "data/06_models/gpt_vit/README.md").read_text()
    assert "It is a pupil of the pair `bert_resnet`" in card
    assert "pupil" not in (project / "data/06_models/bert_resnet/README.md").read_text()


def test_a_pupil_is_trained_with_the_teacher_that_lies_on_the_disk(finished):
    project = finished[0]
    alone = (*TEST, "--pipelines", "training", "--namespaces", "gpt_vit")
    before = DualEncoder.load(project / "data/06_models/gpt_vit").state_dict()
    kedro(project, *alone, "--params", f"{TAUGHT},training.seeds=2,training.resume=false")
    again = DualEncoder.load(project / "data/06_models/gpt_vit").state_dict()
    assert all(before[name].equal(value) for name, value in again.items())


def test_without_its_teacher_a_pupil_is_one_line(tmp_path):
    project = copy_project(tmp_path / "project")
    kedro(project, *TEST, "--pipelines", "ingestion,preprocessing")
    alone = (*TEST, "--pipelines", "training", "--namespaces", "gpt_vit", "--params", TAUGHT)
    done = kedro(project, *alone, check=False)
    assert done.returncode == 1
    assert "bert_resnet" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("pairs.gpt_vit.recipe.teacher=bert_resnt", "did you mean bert_resnet"),
        ("pairs.gpt_vit.recipe.teacher=gpt_vit", "learns from gpt_vit"),
        (f"{TAUGHT},pairs.bert_resnet.recipe.teacher=gpt_vit", "learns from"),
        ("training.recipe.teacher=gpt_vit", "would teach itself"),
        ("training.recipe.latent_mixup=1.0", "cached"),
        ("pairs.gpt_vit.image.dtype=bf16", "dtype"),
    ],
)
def test_a_wrong_word_is_one_line_before_anything_runs(wrong, expected, tmp_path):
    project = copy_project(tmp_path / "project")
    done = kedro(project, *TEST, "--params", wrong, check=False)
    assert done.returncode == 1
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((project / "data").glob("0[3-8]*/*"))


def test_a_pupil_cannot_be_tuned(finished):
    done = kedro(finished[0], *TEST, "--pipelines", "tuning", "--params", TAUGHT, check=False)
    assert done.returncode == 1
    assert "learns from bert_resnet" in done.stderr


def test_towers_are_a_dataset_of_the_pair(finished):
    towers = json.loads((finished[0] / "data/07_model_output/gpt_vit/towers.json").read_text())
    assert towers["text"]["kind"] == "gpt2"
    assert towers["text"]["pooling"] == "last"
