"""Two processes that are told of the same trials do not both write them."""

import shutil
from threading import Thread

import mlflow
import pytest
from filelock import FileLock
from mlflow import MlflowClient

from tests.hooks.test_trial_runs import EPOCHS, TRIALS, children, open_runs
from tests.project import empty_database


@pytest.fixture
def client(tmp_path):
    before = mlflow.get_tracking_uri()
    shutil.copy(empty_database(), tmp_path / "mlflow.db")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    yield MlflowClient()
    mlflow.set_tracking_uri(before)


def test_trials_are_logged_by_one_at_a_time(client, tmp_path):
    experiment = client.create_experiment("tuning")
    runs, _ = open_runs(client, experiment, tmp_path)
    other = Thread(target=runs.log, args=(TRIALS, EPOCHS))
    with FileLock(tmp_path / "lock"):
        other.start()
        other.join(1)
        assert other.is_alive()
        assert children(client, experiment) == {}
    other.join(60)
    assert set(children(client, experiment)) == {"trial 0", "trial 1"}
