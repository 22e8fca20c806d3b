"""`kedro run --pipelines tuning` as a user types it: killed, shared, and used afterwards."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
import yaml

from shopclip.dualencoder import DualEncoder
from tests.project import copy_project, kedro, kill

pytestmark = pytest.mark.slow

TRIALS = 6
PARAMETERS = f"tuning.trials={TRIALS},training.recipe.epochs=3,training.state_seconds=0"
RUN = ("run", "--env", "test", "--params", PARAMETERS, "--pipelines")


def table(project):
    return pd.read_csv(project / "data/08_reporting/tuning/trials.csv")


def finished(project):
    """How many trials the table on disk says have ended."""
    try:
        return int(table(project)["state"].isin(["complete", "pruned"]).sum())
    except FileNotFoundError:
        return 0


def kill_in_the_middle(project, after):
    """Kill a run that has begun to train after so many finished trials."""

    def is_training():
        states = any(project.glob("data/06_models/tuning-studies/*/states/*/step_*.safetensors"))
        return finished(project) >= after and states

    kill(project, *RUN, "ingestion,preprocessing,tuning", when=is_training)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """A project whose tuning was killed and typed again, twice at once, and what they printed."""
    project = copy_project(tmp_path_factory.mktemp("run") / "project")
    kill_in_the_middle(project, after=2)
    before = finished(project)
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda _: kedro(project, *RUN, "tuning"), "ab"))
    return project, before, runs


def test_killed_and_shared_it_ends_with_exactly_the_trials_wanted(tuned):
    project, before, _ = tuned
    states = Counter(table(project)["state"])
    assert 2 <= before < TRIALS
    assert states["complete"] + states["pruned"] == TRIALS
    assert states["interrupted"] == 1
    assert set(states) <= {"complete", "pruned", "interrupted"}


def test_each_trial_is_one_run_of_mlflow(tuned):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{tuned[0]}/mlflow.db")
    experiment = client.get_experiment_by_name("shopclip")
    runs = client.search_runs([experiment.experiment_id])
    parents = {run.info.run_id for run in runs if "mlflow.parentRunId" not in run.data.tags}
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    trials = table(tuned[0]).set_index("number")
    ended = trials[trials["state"] != "interrupted"]
    assert sorted(int(run.data.tags["trial"]) for run in children) == ended.index.tolist()
    for run in children:
        trial = trials.loc[int(run.data.tags["trial"])]
        assert run.data.tags["mlflow.parentRunId"] in parents
        assert run.data.metrics["validation_mrr"] == trial["value"]
        chosen = run.data.params["training.recipe.text_learning_rate"]
        assert float(chosen) == trial["text_learning_rate"]
        curve = client.get_metric_history(run.info.run_id, "epoch.mrr")
        assert len(curve) == trial["epochs"]
        assert max(point.value for point in curve) == trial["value"]


def test_it_ends_with_the_best_trial_the_default_and_the_command(tuned):
    for run in tuned[2]:
        assert "Traceback" not in run.stderr
        assert "default recipe" in run.stderr
        assert "held out, " in run.stderr
        assert run.stderr.strip().endswith("to train it: kedro run --env tuned")
    reporting = tuned[0] / "data/08_reporting/tuning"
    for figure in ("history", "importance"):
        assert (reporting / f"{figure}.png").stat().st_size > 5_000
    comparison = pd.read_csv(reporting / "comparison.csv")
    assert len(comparison) == 4
    assert (
        (comparison["low"] <= comparison["difference"])
        & (comparison["difference"] <= comparison["high"])
    ).all()


def test_the_environment_trains_the_recipe_that_won(tuned):
    project, trials = tuned[0], table(tuned[0]).query("state == 'complete'")
    best = trials.loc[trials["value"].idxmax()]  # the first of equals
    written = yaml.safe_load((project / "conf/tuned/parameters_training.yml").read_text("utf-8"))
    recipe = written["training"]["recipe"]
    assert recipe["text_learning_rate"] == best["text_learning_rate"]
    assert (recipe["batch_size"], recipe["epochs"]) == (best["batch_size"], 3)

    kedro(project, "run", "--env", "tuned", "--pipelines", "ingestion,preprocessing,training")
    log = pd.read_parquet(project / f"data/06_models/epoch_log_{best['pair']}.parquet")
    assert log["mrr"].max() == best["value"]
    model = DualEncoder.load(project / "data/06_models" / best["pair"])
    assert model.embed_captions(["red shirt"]).shape == (1, 16)
