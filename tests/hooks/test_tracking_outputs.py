"""Everything that a pair's nodes make reaches the pair's own run in MLflow."""

import shutil

import mlflow
import pandas as pd
import pytest
from kedro.pipeline import node
from mlflow import MlflowClient

from shopclip.hooks.child_runs import PairRuns
from shopclip.hooks.tracking_hook import TrackingHook
from tests.project import empty_database

SCORES = pd.DataFrame(
    [
        ("held_out", "text_to_image", "own", "mrr_at_10", 0.5, 0.4, 0.6, 0.01),
        ("paper", "image_to_text", "same_caption", "map_at_10", 0.25, 0.2, 0.3, 0.02),
    ],
    columns=["protocol", "direction", "answers", "metric", "value", "low", "high", "chance"],
)
MADE = {
    "training_log": (pd.DataFrame({"step": [0, 1], "loss": [3.0, 2.0]}), {"train.loss": 2.0}),
    "epoch_log": (pd.DataFrame({"epoch": [0], "mrr": [0.75]}), {"epoch.mrr": 0.75}),
    "metrics": (
        SCORES,
        {
            "held_out.text_to_image.mrr_at_10": 0.5,
            "held_out.text_to_image.mrr_at_10_low": 0.4,
            "held_out.text_to_image.mrr_at_10_high": 0.6,
            "held_out.text_to_image.mrr_at_10_chance": 0.01,
            "paper.image_to_text.same_caption.map_at_10": 0.25,
            "paper.image_to_text.same_caption.map_at_10_low": 0.2,
            "paper.image_to_text.same_caption.map_at_10_high": 0.3,
            "paper.image_to_text.same_caption.map_at_10_chance": 0.02,
        },
    ),
    "diagnostics": (
        {"hubness": 1.5, "collapsed": True, "final_loss": None},
        {"hubness": 1.5, "collapsed": 1.0},
    ),
    "zero_shot": (
        pd.DataFrame({"attribute": ["gender"], "accuracy": [0.7]}),
        {"zero_shot.gender.accuracy": 0.7},
    ),
    "benchmark": (
        pd.DataFrame({"task": ["season"], "gallery_name": ["all products"], "mrr_at_10": [0.2]}),
        {"benchmark.season.all_products.mrr_at_10": 0.2},
    ),
}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    before, folder = mlflow.get_tracking_uri(), tmp_path_factory.mktemp("mlflow")
    shutil.copy(empty_database(), folder / "mlflow.db")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    yield MlflowClient()
    mlflow.set_tracking_uri(before)


@pytest.mark.parametrize("made", MADE)
def test_what_a_node_of_a_pair_makes_is_in_its_run(made, client):
    experiment = client.create_experiment(made)
    hook = TrackingHook()
    hook._is_mlflow_enabled = True
    hook._pair_runs = PairRuns(client.create_run(experiment).info.run_id)
    data, expected = MADE[made]
    maker = node(lambda given: given, "given", f"a.{made}", name="make", namespace="a.stage")
    hook.after_node_run(maker, {}, {f"a.{made}": data, f"b.{made}": data})
    (run,) = client.search_runs([experiment], "tags.pair = 'a'")
    assert run.data.metrics == expected
    assert client.search_runs([experiment], "tags.pair = 'b'") == []
