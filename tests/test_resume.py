"""`kedro run`, killed while it trains and typed again."""

import shutil

import pytest

from tests.parameters.test_configuration import PAIRS
from tests.project import copy_project, kedro, kill

RUN = ("run", "--env", "test", "--params", "training.state_seconds=0,training.recipe.epochs=6")
TRAIN = (*RUN, "--pipelines", "training")


def kill_in(project, pair, after):
    """Kill a run when it has saved a state of this pair after so many steps."""
    folder = project / "data/06_models/training-states" / pair

    def has_saved():
        steps = [int(file.stem.removeprefix("step_")) for file in folder.glob("step_*.safetensors")]
        return max(steps, default=0) >= after

    kill(project, *TRAIN, when=has_saved)


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
    assert f"training-states/{last}/step_" in done.stdout + done.stderr
    assert models(disturbed) == expected
    for pair in PAIRS:
        left = disturbed / "data/06_models/training-states" / pair
        assert [file.name for file in left.glob("*.safetensors")] == ["done.safetensors"]


def trained_last(project):
    """The pair that was trained after all others."""
    files = {pair: project / "data/06_models" / pair / "model.safetensors" for pair in PAIRS}
    return max(PAIRS, key=lambda pair: files[pair].stat().st_mtime_ns)
