"""`kedro run`, killed while it trains and typed again."""

import os
import shutil
import subprocess
import sys
import time

import pytest

from tests.project import copy_project, kedro
from tests.test_configuration import PAIRS

RUN = ("run", "--env", "test", "--params", "training.state_seconds=0,training.recipe.epochs=6")
TRAIN = (*RUN, "--pipelines", "training")


def start(project):
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with (project / "log.txt").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "kedro", *TRAIN], cwd=project, env=environment,
            stdout=log, stderr=log,
        )  # fmt: skip


def kill_in(project, pair, after):
    """Kill a run when it has saved a state of this pair after so many steps."""
    process = start(project)
    folder = project / "data/06_models/training_states" / pair
    deadline = time.monotonic() + 200
    while process.poll() is None and time.monotonic() < deadline:
        steps = [int(file.stem.removeprefix("step_")) for file in folder.glob("step_*.safetensors")]
        if max(steps, default=0) >= after:
            process.kill()
            process.wait()
        time.sleep(0.002)
    assert process.returncode == -9, (project / "log.txt").read_text()


def models(project):
    return {
        pair: (project / "data/06_models" / pair / "model.safetensors").read_bytes()
        for pair in PAIRS
    }


@pytest.mark.slow
def test_a_run_killed_while_it_trains_goes_on_and_ends_with_the_same_models(tmp_path):
    undisturbed = copy_project(tmp_path / "undisturbed")
    kedro(undisturbed, *RUN, "--pipelines", "ingestion,preprocessing,training")
    expected, last = models(undisturbed), trained_last(undisturbed)

    untrained = shutil.ignore_patterns("06_models", "mlflow.db")
    disturbed = shutil.copytree(undisturbed, tmp_path / "disturbed", ignore=untrained)
    kill_in(disturbed, last, after=9)
    assert not (disturbed / "data/06_models" / last / "model.safetensors").exists()
    done = kedro(disturbed, *TRAIN)
    assert f"training_states/{last}/step_" in done.stdout + done.stderr
    assert models(disturbed) == expected
    for pair in PAIRS:
        left = disturbed / "data/06_models/training_states" / pair
        assert [file.name for file in left.glob("*.safetensors")] == ["done.safetensors"]


def trained_last(project):
    """The pair that was trained after all others."""
    files = {pair: project / "data/06_models" / pair / "model.safetensors" for pair in PAIRS}
    return max(PAIRS, key=lambda pair: files[pair].stat().st_mtime_ns)
