"""A pair trained by one process, by two of this machine, by torchrun's and by Ray's is the same."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml

from shopclip.files.shards import read_shards
from tests.project import copy_project, kedro

RUN = ("run", "--env", "test", "--params")
RECIPE = "training.recipe.epochs=3,splits.validation=0.1"
DROPOUT = ("hidden_dropout_prob", "attention_probs_dropout_prob")  # each worker draws its own


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A project with one pair, trained and scored by one process."""
    project = copy_project(tmp_path_factory.mktemp("distributed") / "local")
    file = project / "conf/test/parameters_pairs.yml"
    pair = yaml.safe_load(file.read_text())["pairs"]["bert_resnet"]
    pair["text"]["config"] |= dict.fromkeys(DROPOUT, 0.0)
    file.write_text(yaml.safe_dump({"pairs": {"bert_resnet": pair}}))
    kedro(project, *RUN, RECIPE)
    return project


def untrained(local, tmp_path, *but):
    """A copy of the project, prepared but not trained."""
    ignored = shutil.ignore_patterns("06_models", "07_model_output", "mlflow.db", *but)
    return shutil.copytree(local, tmp_path / "copy", ignore=ignored)


def losses(project):
    log = pd.read_parquet(project / "data/06_models/training_log_bert_resnet.parquet")
    return log["loss"].tolist()


def embeddings(project, side):
    return np.asarray(read_shards(project / f"data/07_model_output/bert_resnet/{side}_embeddings"))


def torchrun(project, *arguments):
    command = ["torch.distributed.run", "--nproc-per-node", "2", "-m", "shopclip.torchrun"]
    done = subprocess.run(
        [sys.executable, "-m", *command, *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_two_workers_have_the_loss_curve_of_one(local, tmp_path):
    project = untrained(local, tmp_path)
    kedro(project, *RUN, f"{RECIPE},training.workers=2", "--pipelines", "training")
    assert losses(project) == pytest.approx(losses(local), rel=1e-3)


@pytest.mark.slow
def test_kedro_finds_a_pair_trained_that_torchrun_has_trained(local, tmp_path):
    project = untrained(local, tmp_path)
    code, told = torchrun(
        project, "--env", "test", "--params", RECIPE, "--namespaces", "bert_resnet"
    )
    assert code == 0, told
    assert not (project / "data/06_models/bert_resnet").exists()
    done = kedro(project, *RUN, RECIPE, "--pipelines", "training")
    assert "already trained" in done.stdout + done.stderr
    assert losses(project) == pytest.approx(losses(local), rel=1e-3)


@pytest.mark.slow
def test_an_option_that_means_nothing_to_torchrun_is_refused_in_one_line(local):
    code, told = torchrun(local, "--pipelines", "training")
    assert code == 1
    assert "torchrun takes env, params, namespaces, conf_source, and not pipelines" in told
    assert "Traceback" not in told.split("ChildFailedError")[0].split("Traceback (most recent")[0]


@pytest.mark.slow
@pytest.mark.exhaustive  # three clusters start and end
def test_a_run_on_ray_has_the_pictures_embeddings_and_leaderboard_of_a_local_one(local, tmp_path):
    project = untrained(local, tmp_path, "image_store")
    kedro(project, *RUN, f"{RECIPE},engine.kind=ray,training.workers=2")
    pixels = "data/05_model_input/image_store/images.npy"
    assert (project / pixels).read_bytes() == (local / pixels).read_bytes()
    assert losses(project) == pytest.approx(losses(local), rel=1e-3)
    for side in ("image", "text"):
        np.testing.assert_allclose(embeddings(project, side), embeddings(local, side), atol=2e-3)
    here, there = (pd.read_csv(one / "data/08_reporting/scores.csv") for one in (project, local))
    # Sums in another order may let two answers that are nearly as likely change places.
    scores = ["value", "low", "high", "seed_low", "seed_high"]
    assert here.drop(columns=scores).equals(there.drop(columns=scores))
    moved = (here["value"] - there["value"]).abs() * here["queries"]
    assert moved[here["metric"].ne("median_rank")].max() <= 2 + 1e-9  # queries
