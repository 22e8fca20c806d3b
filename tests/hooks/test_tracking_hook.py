import shutil
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import mlflow
import pandas as pd
import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node
from kedro_mlflow.framework.hooks.mlflow_hook import MlflowHook

from shopclip.files.image_store import ImageStore
from shopclip.hooks.child_runs import PairRuns
from shopclip.hooks.tracking_hook import TrackingHook
from shopclip.parameters import SplitParameters


@pytest.fixture
def logged(monkeypatch):
    """What kedro-mlflow is given to log."""
    found = {}
    monkeypatch.setattr(
        MlflowHook, "before_node_run", lambda self, node, catalog, inputs, _: found.update(inputs)
    )
    return found


def test_parameters_are_logged_as_dictionaries_and_data_is_not_copied(logged):
    store = ImageStore(None, None, None, "f")
    inputs = {"params:splits": SplitParameters(held_out=0.2), "image_store": store}
    some_node = node(lambda *_: None, list(inputs), None, name="some_node")
    TrackingHook().before_node_run(some_node, None, inputs, False)
    assert logged["params:splits"]["held_out"] == 0.2
    assert logged["image_store"] is store


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A database as MLflow makes it, which takes seconds."""
    file = tmp_path_factory.mktemp("mlflow") / "empty.db"
    mlflow.MlflowClient(f"sqlite:///{file}").search_experiments()
    return file


@pytest.fixture
def begun(tmp_path, empty):
    """A hook in the middle of a run, and the database that it tells."""
    before = mlflow.get_tracking_uri()
    database = Path(shutil.copy(empty, tmp_path / "mlflow.db"))
    uri = f"sqlite:///{database}"
    mlflow.set_tracking_uri(uri)
    experiment = mlflow.create_experiment("shopclip", artifact_location=str(tmp_path / "mlruns"))
    run = mlflow.start_run(experiment_id=experiment)
    hook = TrackingHook()
    hook._uri, hook.run_id, hook._already_active_mlflow = uri, run.info.run_id, False
    hook.mlflow_config = SimpleNamespace(
        tracking=SimpleNamespace(run=SimpleNamespace(nested=True)),
        server=SimpleNamespace(_mlflow_client=mlflow.MlflowClient()),
    )
    hook._catalog, hook._has_begun = DataCatalog({}), True
    hook._pair_runs = PairRuns(hook.run_id)
    yield hook, database
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(before)


TRAIN = node(lambda log: log, "params:training", "a.training_log", name="train", namespace="a")
LOG = {"a.training_log": pd.DataFrame({"step": [0, 1], "loss": [2.0, 1.0]})}
REPORT = {"type": "shopclip.datasets.TextDataset", "metadata": {"mlflow": "artifact"}}


def finish(hook):
    hook.after_pipeline_run({}, Pipeline([TRAIN]), hook._catalog)


@pytest.mark.slow
def test_what_is_marked_in_the_catalog_becomes_an_artifact_of_the_run(begun, tmp_path):
    hook, _ = begun
    config = {**REPORT, "filepath": str(tmp_path / "report.html")}
    hook._catalog = DataCatalog.from_config(
        {
            "report": config,
            "kept": {
                "type": "CachedDataset",
                "dataset": {**config, "filepath": str(tmp_path / "kept.html")},
                "metadata": REPORT["metadata"],
            },
            "other": {**config, "metadata": None},
        }
    )
    for name in ("report", "kept", "other"):
        hook._catalog.save(name, "content")
        hook.after_dataset_saved(name, "content")
    found = mlflow.MlflowClient().list_artifacts(hook.run_id)
    assert [file.path for file in found] == ["kept.html", "report.html"]
    finish(hook)


@pytest.mark.slow
def test_a_run_that_has_begun_outlives_mlflow_and_says_so_once(begun, caplog):
    hook, database = begun
    whole = database.read_bytes()
    database.write_bytes(b"no database any more" * 100)
    for _ in range(2):
        hook.before_node_run(TRAIN, hook._catalog, {"params:training": {"seed": 1}}, False)
        hook.after_node_run(TRAIN, {}, LOG)
    told = [line for line in caplog.messages if "not be in MLflow" in line]
    assert told == [
        f"the rest of this run will not be in MLflow: {database}: no database, or a damaged one"
    ]
    database.write_bytes(whole)  # it is back: the run is closed, and marked
    finish(hook)
    run = mlflow.MlflowClient().get_run(hook.run_id)
    assert (run.info.status, run.data.tags["tracking"]) == ("FINISHED", "incomplete")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "status"),
    [
        (finish, "FINISHED"),
        (lambda hook: hook.on_pipeline_error(ValueError(), {}, Pipeline([TRAIN]), None), "FAILED"),
        (
            lambda hook: hook.on_pipeline_error(KeyboardInterrupt(), {}, Pipeline([TRAIN]), None),
            "KILLED",
        ),
    ],
)
def test_nothing_stays_open_for_the_next_run_of_the_process(end, status, begun):
    hook, _ = begun
    for _ in range(2):  # kedro-mlflow opens the run once more at every node
        hook.before_node_run(TRAIN, hook._catalog, {"params:training": {"seed": 1}}, False)
    hook.after_node_run(TRAIN, {}, LOG)
    end(hook)
    assert mlflow.active_run() is None
    run = mlflow.MlflowClient().get_run(hook.run_id)
    everything = mlflow.MlflowClient().search_runs([run.info.experiment_id])
    assert [one.info.status for one in everything] == [status, status]  # the pair's as well


@pytest.mark.slow
def test_a_run_that_another_thread_began_is_ended_too(begun):
    hook, _ = begun
    ended = Thread(
        target=hook.on_pipeline_error, args=(KeyboardInterrupt(), {}, Pipeline([TRAIN]), None)
    )
    ended.start()
    ended.join()
    assert mlflow.MlflowClient().get_run(hook.run_id).info.status == "KILLED"


def test_an_interruption_before_the_run_began_has_nothing_to_end(caplog):
    TrackingHook().on_pipeline_error(KeyboardInterrupt(), {}, Pipeline([TRAIN]), None)
    assert caplog.messages == []


@pytest.mark.slow
def test_an_error_of_the_run_is_not_replaced_by_one_of_mlflow(begun):
    hook, database = begun
    database.write_bytes(b"no database any more" * 100)
    hook.on_pipeline_error(ValueError("of the run"), {}, Pipeline([TRAIN]), hook._catalog)
    finish(hook)
