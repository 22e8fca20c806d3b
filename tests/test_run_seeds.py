"""`training.seeds` as a user types it."""

import pandas as pd
import pytest

from shopclip.metrics.ranks import Ranks
from tests.parameters.test_configuration import PAIRS
from tests.project import copy_project, kedro

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    project = copy_project(tmp_path_factory.mktemp("seeds") / "project")
    kedro(project, "run", "--env", "test", "--params", "training.seeds=2")
    return project


def ranks(project, run):
    table = pd.read_parquet(project / f"data/07_model_output/{run}/ranks.parquet")
    return table[(table["protocol"] == "paper") & (table["direction"] == "image_to_text")]


def test_the_leaderboard_pools_the_runs_of_each_pair(finished):
    table = pd.read_csv(finished / "data/08_reporting/leaderboard.csv")
    assert sorted(table["pair"].unique()) == PAIRS
    assert (table["seeds"] == 2).all()
    rows = table[(table["protocol"] == "paper") & (table["direction"] == "image_to_text")]
    for _, row in rows.iterrows():
        by_run = [
            Ranks(found["better"].to_numpy(), found["tied"].to_numpy()).hits(10).mean()
            for found in (ranks(finished, row["pair"]), ranks(finished, f"{row['pair']}_seed1"))
        ]
        assert row["top10_accuracy"] == pytest.approx(sum(by_run) / 2)
        assert row["top10_accuracy_seed_low"] == pytest.approx(min(by_run))
        assert row["top10_accuracy_seed_high"] == pytest.approx(max(by_run))


def test_the_runs_of_a_pair_differ(finished):
    for pair in PAIRS:
        first, second = ranks(finished, pair), ranks(finished, f"{pair}_seed1")
        assert first["id"].tolist() == second["id"].tolist()
        assert first["better"].tolist() != second["better"].tolist()


def test_the_report_says_how_often_the_pairs_were_trained(finished):
    report = (finished / "data/08_reporting/report.html").read_text()
    assert "Every pair was trained 2 times" in report
    assert "mean of 2 runs" in report


def test_every_run_is_tracked(finished):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{finished}/mlflow.db")
    experiment = client.get_experiment_by_name("shopclip").experiment_id
    runs = client.search_runs([experiment], filter_string="tags.pair != ''")
    names = {run.info.run_name for run in runs}
    assert names == {*PAIRS, *(f"{pair}_seed1" for pair in PAIRS)}
