import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from shopclip.hooks.child_runs import PairRuns


@pytest.fixture
def runs(tmp_path):
    """The runs of pairs under a run of a pipeline, in a store of their own."""
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    client = MlflowClient()
    experiment = client.create_experiment("shopclip", artifact_location=str(tmp_path / "mlruns"))
    parent = client.create_run(experiment)
    yield PairRuns(parent.info.run_id), client, experiment
    mlflow.set_tracking_uri(before)


def metrics_of(client, experiment, pair):
    (run,) = client.search_runs([experiment], f"tags.pair = '{pair}'")
    return run.data.metrics


def test_a_row_of_a_table_is_named_by_its_keys_and_holes_are_left_out(runs):
    pair_runs, client, experiment = runs
    table = pd.DataFrame(
        {
            "task": ["text-image", "season"],
            "gallery_name": ["all products", "held out alone"],
            "queries": [20, 0],
            "mrr_at_10": [0.25, np.nan],
            "contaminated": [True, False],
        }
    )
    pair_runs.log_rows("bert_vit", "benchmark", table, ["task", "gallery_name"])
    assert metrics_of(client, experiment, "bert_vit") == {
        "benchmark.text-image.all_products.queries": 20,
        "benchmark.text-image.all_products.mrr_at_10": 0.25,
        "benchmark.text-image.all_products.contaminated": 1,
        "benchmark.season.held_out_alone.queries": 0,
        "benchmark.season.held_out_alone.contaminated": 0,
    }


def test_an_empty_table_logs_nothing(runs):
    pair_runs, client, experiment = runs
    empty = pd.DataFrame(columns=["task", "gallery_name", "queries"])
    pair_runs.log_rows("bert_vit", "benchmark", empty, ["task", "gallery_name"])
    assert client.search_runs([experiment], "tags.pair = 'bert_vit'") == []
