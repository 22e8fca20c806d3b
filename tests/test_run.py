"""`kedro run` as a user types it, on a few products and tiny towers."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from shopclip.dualencoder import DualEncoder
from tests.conftest import jpeg, row, write_hub, write_kaggle
from tests.parameters.test_configuration import PAIRS, add_gpt_resnet
from tests.project import copy_project, kedro


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project in which `kedro run` has run, and what it printed."""
    project = copy_project(tmp_path_factory.mktemp("run") / "project")
    return project, kedro(project, "run", "--env", "test")


def leaderboard(project):
    return pd.read_csv(project / "data/08_reporting/leaderboard.csv", float_precision="round_trip")


def test_ends_with_the_leaderboard_and_where_the_report_lies(finished):
    project, done = finished
    for pair in PAIRS:
        assert pair in done.stdout
    assert "held_out" in done.stdout
    assert "data/08_reporting/report.html" in done.stdout
    assert (project / "data/08_reporting/report.html").stat().st_size > 10_000


def test_prints_no_warning_and_no_traceback(finished):
    _, done = finished
    assert "Warning" not in done.stderr
    assert "WARNING" not in done.stderr
    assert "Traceback" not in done.stderr


def test_the_leaderboard_has_a_row_a_pair_protocol_and_direction(finished):
    table = leaderboard(finished[0])
    assert len(table) == len(PAIRS) * 2 * 2
    assert not table.duplicated(["pair", "protocol", "direction"]).any()
    assert set(table["direction"]) == {"image_to_text", "text_to_image"}
    shares = table.filter(regex="accuracy|mrr|chance|ceiling")
    assert ((shares >= 0) & (shares <= 1)).all(axis=None)
    np.testing.assert_allclose(table["chance_accuracy"], 1 / table["gallery"])
    paper = table[table["protocol"] == "paper"]
    assert (paper["queries"] == 80).all()


def test_a_checkpoint_loads_without_kedro(finished):
    model = DualEncoder.load(finished[0] / "data/06_models/gpt_vit")
    assert model.embed_captions(["red shirt"]).shape == (1, 16)


def test_mlflow_has_a_run_with_a_child_run_for_every_pair(finished):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{finished[0]}/mlflow.db")
    experiment = client.get_experiment_by_name("shopclip")
    runs = client.search_runs([experiment.experiment_id])
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    children = {run.info.run_name: run for run in runs if "mlflow.parentRunId" in run.data.tags}
    assert len(parents) == 1
    assert sorted(children) == PAIRS
    assert {run.info.status for run in runs} == {"FINISHED"}
    store = json.loads(
        (finished[0] / "data/05_model_input/image_store/image_store.json").read_text()
    )
    for run in runs:
        assert run.data.tags["data_fingerprint"] == store["fingerprint"]
        assert run.data.tags["git_commit"]
    child = children["gpt_vit"]
    assert child.data.tags["mlflow.parentRunId"] == parents[0].info.run_id
    assert child.data.params["training.recipe.epochs"] == "1"
    assert child.data.params["pair.text.config.model_type"] == "gpt2"
    steps = client.get_metric_history(child.info.run_id, "train.loss")
    log = pd.read_parquet(finished[0] / "data/06_models/training_log_gpt_vit.parquet")
    assert [point.value for point in steps] == log["loss"].tolist()
    table = leaderboard(finished[0]).set_index(["pair", "protocol", "direction"])
    expected = table.loc[("gpt_vit", "held_out", "text_to_image"), "top10_accuracy"]
    assert child.data.metrics["held_out.text_to_image.top10_accuracy"] == expected
    artifacts = {file.path for file in client.list_artifacts(parents[0].info.run_id)}
    assert {"report.html", "leaderboard.csv"} <= artifacts


def test_a_second_run_gives_the_same_leaderboard_to_the_last_digit(finished):
    project, _ = finished
    before = (project / "data/08_reporting/leaderboard.csv").read_bytes()
    stages = "training,embedding,evaluation,reporting"
    again = ("--params", "training.resume=false")
    kedro(project, "run", "--env", "test", "--pipelines", stages, *again)
    assert (project / "data/08_reporting/leaderboard.csv").read_bytes() == before


@pytest.mark.parametrize("stage", ["ingestion", "preprocessing", "evaluation", "reporting"])
def test_a_stage_runs_alone(finished, stage):
    kedro(finished[0], "run", "--env", "test", "--pipelines", stage)


def test_one_pair_runs_alone(finished):
    project, _ = finished
    models = project / "data/06_models"
    before = {pair: (models / pair / "model.safetensors").stat().st_mtime_ns for pair in PAIRS}
    kedro(project, "run", "--env", "test", "--pipelines", "training", "--namespaces", "bert_vit")
    after = {pair: (models / pair / "model.safetensors").stat().st_mtime_ns for pair in PAIRS}
    assert [pair for pair in PAIRS if after[pair] != before[pair]] == ["bert_vit"]


@pytest.mark.slow
def test_a_fourth_pair_joins_the_leaderboard(tmp_path):
    project = copy_project(tmp_path / "project")
    (project / "conf/base/parameters_pairs.yml").write_text(
        (project / "conf/test/parameters_pairs.yml").read_text()
    )
    (project / "conf/test/parameters_pairs.yml").unlink()
    add_gpt_resnet(project)
    kedro(project, "run", "--env", "test")
    assert "gpt_resnet" in set(leaderboard(project)["pair"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env", "pair"), [("minilm", "minilm_resnet"), ("wheels", "minilm_efficientnet")]
)
def test_pretrained_towers_in_packages_need_no_hub(env, pair, tmp_path):
    project = copy_project(tmp_path / "project")
    few = "catalogue.limit=60,training.recipe.epochs=1,training.recipe.batch_size=16"
    kedro(project, "run", "--env", env, "--params", few)
    assert set(leaderboard(project)["pair"]) == {pair}
    model = DualEncoder.load(project / "data/06_models" / pair)
    assert model.text.encoder.config.num_hidden_layers == 6


@pytest.mark.slow
def test_a_hub_catalogue_with_a_broken_image_runs_through(tmp_path):
    project = copy_project(tmp_path / "project")
    rows = [row(i, f"Arden Shirt {i}") for i in range(40)]
    images = [jpeg((6 * i, 250 - 6 * i, 90)) for i in range(39)]
    file = write_hub(tmp_path / "hub.parquet", rows, [*images, b"broken"])
    kedro(
        project, "run", "--env", "test", "--params", f"catalogue.path={file},catalogue.limit=null"
    )
    report = (project / "data/08_reporting/report.html").read_text()
    assert "unreadable image" in report
    assert (leaderboard(project).query("protocol == 'paper'")["queries"] == 39).all()


@pytest.mark.parametrize(
    ("rows", "message"), [(None, "does not exist; give the folder"), ([], "no usable product")]
)
def test_a_wrong_catalogue_is_one_clear_line(tmp_path, rows, message):
    project = copy_project(tmp_path / "project")
    if rows is not None:
        write_kaggle(tmp_path / "shop", rows)
    parameters = f"catalogue.path={tmp_path / 'shop'}"
    done = kedro(project, "run", "--env", "test", "--params", parameters, check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert message in done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param((80, 80), id="the-same", marks=[pytest.mark.slow, pytest.mark.exhaustive]),
        (80, 60),
    ],
)
def test_two_first_runs_at_once_do_not_break_each_other(tmp_path, limits):
    """One after the other, or the later is told of the earlier; never a mixture of both."""
    project = copy_project(tmp_path / "project")
    (project / "mlflow.db").unlink()  # the first run of a project makes it
    run = ("run", "--env", "test", "--pipelines", "ingestion", "--params")
    with ThreadPoolExecutor(len(limits)) as pool:
        ends = list(
            pool.map(
                lambda limit: kedro(project, *run, f"catalogue.limit={limit}", check=False), limits
            )
        )
    assert 0 in [one.returncode for one in ends]
    for one in ends:
        assert "Traceback" not in one.stderr
        if one.returncode:
            assert "another run is at work here" in one.stderr.splitlines()[-1]
    facts = json.loads((project / "data/02_intermediate/catalogue_facts.json").read_text())
    products = pd.read_parquet(project / "data/02_intermediate/products.parquet")
    assert len(products) == facts["drawn"]
    assert facts["drawn"] in limits
