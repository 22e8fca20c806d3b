import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient

from shopclip.hooks.child_runs import TrialRuns

TRIALS = pd.DataFrame(
    {
        "number": [0, 1, 2, 3],
        "state": ["complete", "pruned", "interrupted", "running"],
        "pair": ["bert_resnet", "bert_vit", "bert_vit", None],
        "default": [True, False, False, False],
        "value": [0.5, 0.25, None, None],
        "best_epoch": [1, 0, None, None],
        "epochs": [2, 1, 0, 0],
        "seconds": [20.0, 9.0, 4.0, None],
        "batch_size": [64, 128, 32, 32],
        "started": ["2026-01-02T03:04:05"] * 4,
        "reason": [None, "below the median", None, None],
        "study": "0123",
    }
)
EPOCHS = pd.DataFrame(
    {
        "number": [0, 0, 1],
        "epoch": [0, 1, 0],
        "step": [8, 16, 8],
        "loss": [3.0, 2.0, 4.0],
        "mrr": [0.3, 0.5, 0.25],
    }
)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A store of its own, with an experiment."""
    before, folder = mlflow.get_tracking_uri(), tmp_path_factory.mktemp("mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    yield MlflowClient()
    mlflow.set_tracking_uri(before)


@pytest.fixture
def experiment(client, request):
    return client.create_experiment(request.node.name)


def open_runs(client, experiment, tmp_path):
    """Those of another `kedro run` of the experiment."""
    parent = client.create_run(experiment, tags={"data_fingerprint": "f"}).info.run_id
    return TrialRuns(parent, tmp_path / "lock"), parent


def children(client, experiment):
    runs = client.search_runs([experiment], "tags.study = '0123'")
    return {run.info.run_name: run for run in runs}


def test_every_finished_trial_has_a_run_with_all_of_it(client, experiment, tmp_path):
    runs, parent = open_runs(client, experiment, tmp_path)
    runs.log(TRIALS, EPOCHS)
    found = children(client, experiment)
    assert set(found) == {"trial 0", "trial 1"}
    first, second = (found[f"trial {number}"] for number in (0, 1))
    assert first.data.params == {"training.recipe.batch_size": "64"}
    assert first.data.metrics["validation_mrr"] == 0.5
    curve = client.get_metric_history(first.info.run_id, "epoch.mrr")
    assert [(point.step, point.value) for point in curve] == [(0, 0.3), (1, 0.5)]
    assert first.data.tags["mlflow.parentRunId"] == parent
    assert first.data.tags["data_fingerprint"] == "f"
    assert (second.data.tags["state"], second.data.tags["reason"]) == ("pruned", "below the median")
    assert first.info.status == second.info.status == "FINISHED"


def test_a_trial_is_logged_once_whoever_is_told_of_it(client, experiment, tmp_path):
    one, first = open_runs(client, experiment, tmp_path)
    one.log(TRIALS.head(1), EPOCHS)
    other, second = open_runs(client, experiment, tmp_path)
    for runs in (one, other, one, other):
        runs.log(TRIALS, EPOCHS)
    found = children(client, experiment)
    assert {name: run.data.tags["mlflow.parentRunId"] for name, run in found.items()} == {
        "trial 0": first,
        "trial 1": first,
    }
    assert len(client.search_runs([experiment], "tags.study = '0123'")) == 2
    assert first != second


def test_a_run_whose_writer_was_killed_is_written_to_its_end(
    client, experiment, tmp_path, monkeypatch
):
    runs, _ = open_runs(client, experiment, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_batch", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            runs.log(TRIALS.head(1), EPOCHS)
    assert children(client, experiment)["trial 0"].info.status == "RUNNING"
    open_runs(client, experiment, tmp_path)[0].log(TRIALS.head(1), EPOCHS)
    found = client.search_runs([experiment], "tags.study = '0123'")
    assert [run.info.status for run in found] == ["FINISHED"]
    assert found[0].data.metrics["validation_mrr"] == 0.5


def test_a_trial_that_diverged_before_its_first_epoch_has_no_value(client, experiment, tmp_path):
    diverged = TRIALS.head(1).assign(state="pruned", value=float("nan"), epochs=0)
    open_runs(client, experiment, tmp_path)[0].log(diverged, EPOCHS.head(0))
    metrics = children(client, experiment)["trial 0"].data.metrics
    assert metrics == {"epochs": 0, "seconds": 20}
