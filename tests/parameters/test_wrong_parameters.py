"""A wrong parameter, name or option is one line before the first node: the key, what was given,
what is expected, and the nearest that there is.
"""

import os
import re
import subprocess
import sys

import pytest
from kedro.framework.startup import bootstrap_project

from shopclip.cli import run
from shopclip.hooks.error_hook import explain
from tests.project import copy_project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("wrong") / "project")


@pytest.fixture
def refused(project, monkeypatch):
    """What a command is refused with, in this process; nothing has been run then."""
    monkeypatch.chdir(project)
    bootstrap_project(project)

    def refused(*arguments):
        with pytest.raises(Exception) as caught:  # noqa: PT011
            run.main(args=[str(one) for one in arguments], standalone_mode=False)
        message = explain(caught.value)
        assert message is not None, repr(caught.value)
        assert "\n" not in message, message
        assert len(message) < 500, message
        assert not list((project / "data").glob("0[2-8]*/*")) if (project / "data").exists() else 1
        return message

    return refused


PARAMETERS = {
    # unknown keys, at every level
    "catalog.path=/my/shop": "catalog: unknown parameter; did you mean catalogue",
    "epochs=3": "epochs: unknown parameter; did you mean training.recipe.epochs",
    "catalogue.pth=/my/shop": "catalogue.pth.*did you mean path",
    "training.sed=7": "training.sed.*did you mean seed",
    "training.recipe.epoch=3": "training.recipe.epoch.*did you mean epochs",
    "images.size.hight=8": "images.size.hight.*did you mean height",
    "splits.heldout=0.1": "splits.heldout.*did you mean held_out",
    "evaluation.zero_shot.colour=x": "evaluation.zero_shot",
    "index.links=1": "index.m is 1, expected at least 4",
    "index.links=8,index.m=8": "index.links and index.m are one parameter",
    "index.knd=exact": "index.knd.*did you mean kind",
    "engine.adress=auto": "engine.adress.*did you mean address",
    "tuning.trails=3": "tuning.trails.*did you mean trials",
    "pairs.bert_vit.txt=1": "pairs.bert_vit.txt.*did you mean text",
    "pairs.bert_vit.label=other": 'pairs.bert_vit.label is "other", expected bert_vit',
    "pairs.bert_vit.recipe.epoch=3": "pairs.bert_vit.recipe.epoch.*did you mean epochs",
    # values that are none
    "catalogue.limit=all": 'catalogue.limit is "all", expected',
    "catalogue.limit=0": "catalogue.limit is 0, expected",
    "catalogue.limit=2.5": "catalogue.limit is 2.5, expected",
    "catalogue.limit=true": "catalogue.limit is (True|true), expected a",
    "catalogue.seed=-1": "catalogue.seed is -1, expected",
    "catalogue.seed=4294967296": "catalogue.seed is 4294967296, expected",
    "catalogue.max_rejected=2": "catalogue.max_rejected is 2, expected",
    "catalogue.max_rejected=.nan": "catalogue.max_rejected is NaN",
    "catalogue.path=": "catalogue.path",
    "catalogue=3": "catalogue is 3, expected a mapping",
    "splits.held_out=-0.1": "splits.held_out is -0.1, expected",
    "splits.held_out=some": 'splits.held_out is "some", expected',
    "splits.seed=x": 'splits.seed is "x", expected',
    "training.seeds=abc": 'training.seeds is "abc", expected',
    "training.seeds=0": "training.seeds is 0, expected",
    "training.seed=-1": "training.seed is -1, expected",
    "training.device=gpu": "training.device: 'gpu' is no device; expected",
    "training.device=cuda": "training.device is '?cuda",
    "training.device=cuda:7": "training.device is '?cuda:7",
    "training.workers=0": "training.workers is 0, expected",
    "training.embed_dim=1": "training.embed_dim is 1, expected",
    "training.state_seconds=.inf": "training.state_seconds is Infinity",
    "training.recipe.epochs=-1": "training.recipe.epochs",
    "training.recipe.batch_size=one": 'training.recipe.batch_size is "one", expected',
    "training.recipe.loss=clip": "training.recipe.loss",
    "training.recipe.text_learning_rate=.nan": "training.recipe.text_learning_rate",
    "training.recipe.precision=fp8": "training.recipe.precision",
    "training.recipe=fast": 'training.recipe is "fast", expected',
    "images.size.height=7": "images.size.height is 7, expected",
    "images.size=64": "images.size is 64, expected",
    "evaluation.resamples=10": "evaluation.resamples is 10, expected",
    "evaluation.confidence=1": "evaluation.confidence is 1",
    "evaluation.contamination=ignore": 'evaluation.contamination is "ignore", expected',
    "index.kind=fast": 'index.kind is "fast", expected',
    "engine.kind=spark": 'engine.kind is "spark", expected',
    "captions.template={price}": "captions.template",
    # pairs and their encoders
    "pairs.both.ensemble.bert_vit=1": "pairs.both.ensemble .*at least 2",
    "pairs.both.ensemble.bert_vit=1,pairs.both.ensemble.bert_resnt=1": "both.ensemble.bert_resnt: "
    "no such pair; did you mean bert_resnet",
    "pairs.both.ensemble.bert_vit=1,pairs.both.ensemble.gpt_vit=0": "both.ensemble.gpt_vit is 0, "
    "expected",
    "pairs.both.ensemble.bert_vit=1,pairs.both.ensemble.both=1": "both.ensemble.both is an "
    "ensemble itself",
    "pairs.bert_vit.ensemble.bert_resnet=1,pairs.bert_vit.ensemble.gpt_vit=1": "text is of a pair "
    "that is trained",
    "pairs.both.ensemble.bert_vit=1,pairs.both.ensemble.gpt_vit=1,"
    "pairs.gpt_vit.recipe.teacher=both": "which learns from gpt_vit",
    "pairs=none": 'pairs is "none", expected',
    "pairs.bert_vit=null": "pairs.bert_vit is null, expected a mapping",
    "pairs.Bert=null": "pairs.Bert",
    "pairs.bert_vit.text.config.model_type=brt": "pairs.bert_vit.text.*brt.*did you mean bert",
    "pairs.bert_vit.text.config.hidden_sise=16": "pairs.bert_vit.text.*hidden_sise.*hidden_size",
    "pairs.bert_vit.text.config.hidden_size=33": "pairs.bert_vit.text.*33",
    "pairs.bert_vit.image.config.patch_size=64": "pairs.bert_vit.image.*64",
    "pairs.bert_vit.image.config.num_attention_heads=3": "pairs.bert_vit.image.*3",
    "pairs.bert_vit.text.pooling=first": "pairs.bert_vit.text.pooling",
    # files
    "catalogue.path=/no/such/shop": "catalogue.path: /no/such/shop .*does not exist|is no file",
    "catalogue.path=~nobody/shop": "catalogue.path.*~nobody",
    f"catalogue.path={'a' * 300}": "catalogue.path",
    f"catalogue.path={'a/' * 3000}": "catalogue.path",
    "splits.benchmark=truth.json": "splits.benchmark: truth.json cannot be read",
    "evaluation.benchmark=truth.json": "evaluation.benchmark: truth.json cannot be read",
}


@pytest.mark.parametrize(("given", "expected"), PARAMETERS.items())
def test_a_wrong_parameter_is_one_line_that_names_it(given, expected, refused):
    message = refused("--env", "test", "--params", given)
    assert re.search(expected, message), message


OPTIONS = {
    ("--env", "nope"): "no environment 'nope'.*",
    ("--env", "tset"): "did you mean test",
    ("--env", ""): "--env is empty",
    ("--pipelines", "nope"): "--pipelines nope",
    ("--pipelines", "trainin"): "did you mean training",
    ("--namespaces", "nope"): "--namespaces nope",
    ("--namespaces", "bert_vti"): "did you mean bert_vit",
    ("--nodes", "nope"): "--nodes nope",
    ("--tags", "nope"): "--tags nope",
    ("--from-nodes", "nope"): "--from-nodes nope",
    ("--to-nodes", "nope"): "--to-nodes nope",
    ("--from-inputs", "nope"): "--from-inputs nope",
    ("--to-outputs", "leaderbord"): "did you mean leaderboard",
    ("--params", "x"): "--params x",
    ("--params", "=3"): "--params =3",
    ("--conf-source", "/no/such/conf"): "conf",
    ("--runner", "ParallelRunner"): "--runner ParallelRunner.*--namespaces|workers",
    ("--runner", "ThreadRunner"): "--runner ThreadRunner",
    ("--runner", "NoRunner"): "--runner NoRunner: there is no such runner",
    ("--async",): "--async",
    ("--nonsense",): "--nonsense",
}


@pytest.mark.parametrize(("options", "expected"), OPTIONS.items(), ids=" ".join)
def test_a_wrong_option_is_one_line_that_names_it(options, expected, refused):
    message = refused(*(() if "--env" in options else ("--env", "test")), *options)
    assert re.search(expected, message), message


FILES = {
    "parameters.yml": {
        "a: [": r"parameters\.yml: it is no YAML",
        "- a\n- b\n": r"parameters\.yml: holds a list",
        "catalog: {path: x}\n": "catalog: unknown parameter; did you mean catalogue",
        "catalogue: {path: '${nowhere.at.all}'}\n": "nowhere",
        "catalogue: {path: '${oc.env:SHOPCLIP_NOT_SET}'}\n": "Unsupported .* type oc.env",
        "catalogue: {path: '${no_resolver:x}'}\n": "no_resolver",
        "catalogue: {limit: [1]}\n": "catalogue.limit",
        "pairs: {}\n": "pairs is .*expected at least one pair",
        "training: null\n": "training is null, expected",
    },
    "parameters_x.yml": {b"\xff\xfe\x00": "it is not UTF-8|no YAML"},
}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [(name, text, message) for name, texts in FILES.items() for text, message in texts.items()],
)
def test_a_wrong_file_of_the_configuration_is_one_line(name, text, expected, project, refused):
    file = project / "conf" / "local" / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        message = refused("--pipelines", "ingestion")
    finally:
        file.unlink()
    assert re.search(expected, message), message


def test_several_wrong_keys_are_told_at_once(refused):
    message = refused("--env", "test", "--params", "catalogue.limit=all,training.seeds=0,sed=1")
    assert all(key in message for key in ("catalogue.limit", "training.seeds", "sed"))


def shopclip(*arguments, cwd, **environment):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=200,
        env={**os.environ, "HF_HUB_OFFLINE": "1", **environment},
    )


@pytest.mark.parametrize("command", [("-m", "kedro", "run"), ("-m", "shopclip")], ids=" ".join)
def test_another_projects_folder_is_not_written_into(command, tmp_path):
    """Kedro searches upwards for a project, and finds that of somebody else."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.kedro]\npackage_name = "other"\nproject_name = "other"\n'
        'kedro_init_version = "1.7.0"\n'
    )
    (tmp_path / "conf" / "base").mkdir(parents=True)
    below = tmp_path / "notes"
    below.mkdir()
    done = shopclip(*command, cwd=below)
    assert done.returncode != 0
    if command == ("-m", "shopclip"):
        assert "Traceback" not in done.stderr
        assert str(tmp_path) in done.stderr
    assert not (tmp_path / "data").exists()


def test_below_the_project_it_is_said_which_one_is_meant(project):
    below = project / "conf" / "base"
    done = shopclip("-m", "kedro", "run", "--env", "nope", cwd=below)
    assert done.returncode == 1
    assert str(project) in done.stderr
    assert "Traceback" not in done.stderr


def test_outside_of_any_project_it_is_one_line(tmp_path):
    done = shopclip("-m", "shopclip", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 3


def test_the_terminals_process_ends_in_one_line_too(project):
    done = shopclip("-m", "kedro", "run", "--params", "catalog.path=/my/shop", cwd=project)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Error: catalog: unknown parameter")
    assert "Traceback" not in done.stderr
