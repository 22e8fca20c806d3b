"""The DAG that kedro-airflow makes of this project, as docs/how-to/orchestrate.md has it.

Airflow is not installed here: tests/airflow_standin.py records what a DAG file tells it.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from graphlib import CycleError

import pytest
import yaml
from click.testing import CliRunner

from tests.airflow_standin import record
from tests.parameters.test_configuration import PAIRS, pipelines_of
from tests.project import ROOT, copy_project, kedro

GUIDE = ROOT / "docs/how-to/orchestrate.md"
GROUPINGS = {"nodes": (), "namespaces": ("--group-by", "namespace")}


def block(language, containing):
    """The one code block of the guide in this language that contains these words."""
    found = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    (only,) = [text for text in found if containing in text]
    return only


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Three pairs, each from two seeds, with the guide's settings of the DAG."""
    project = copy_project(tmp_path_factory.mktemp("orchestrator") / "project")
    training = project / "conf/test/parameters_training.yml"
    training.write_text(training.read_text().replace("training:", "training:\n  seeds: 2"))
    (project / "conf/test/airflow.yml").write_text(block("yaml", "max_active_runs"))
    return project


@pytest.fixture(scope="module")
def pipeline(project):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        return pipelines_of(project, "test")[1]["__default__"]


@pytest.fixture(scope="module", params=GROUPINGS)
def dag(request, project, pipeline):
    """What the generated file told Airflow."""
    return record(generate(project, request.param))


def generate(project, grouping):
    """The file that `kedro airflow create` writes, without the seconds that a new process takes."""
    from kedro.framework.startup import bootstrap_project
    from kedro_airflow.plugin import create

    command = ["--env", "test", "--target-dir", grouping, *GROUPINGS[grouping]]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        metadata = bootstrap_project(project)
        CliRunner().invoke(create, command, obj=metadata, catch_exceptions=False)
    return project / grouping / "shopclip_test_dag.py"


def nodes_of(dag, pipeline):
    """Names of the nodes that Kedro runs for each task."""
    asked = {}
    for name, task in dag.tasks.items():
        arguments = {}
        task.call.__globals__["_run_kedro_node"] = arguments.update
        task.call()
        assert len(arguments) == 1
        if "namespaces" in arguments:
            arguments["node_namespaces"] = arguments.pop("namespaces")
        asked[name] = [node.name for node in pipeline.filter(**arguments).nodes]
    return asked


@pytest.mark.slow
def test_every_node_is_in_exactly_one_task(dag, pipeline):
    nodes = nodes_of(dag, pipeline)
    counted = Counter(name for names in nodes.values() for name in names)
    assert counted == dict.fromkeys((node.name for node in pipeline.nodes), 1)


@pytest.mark.slow
def test_tasks_wait_for_those_whose_data_they_read_and_for_no_others(dag, pipeline):
    task_of = {node: task for task, nodes in nodes_of(dag, pipeline).items() for node in nodes}
    maker = {data: task_of[node.name] for node in pipeline.nodes for data in node.outputs}
    read = {
        (maker[data], task_of[node.name])
        for node in pipeline.nodes
        for data in node.inputs
        if data in maker
    }
    assert dag.edges() == {(first, then) for first, then in read if first != then}


@pytest.mark.slow
def test_the_tasks_have_an_order(dag):
    place = {name: number for number, name in enumerate(dag.order())}
    assert place.keys() == dag.tasks.keys()
    assert all(place[first] < place[then] for first, then in dag.edges())


@pytest.mark.slow
def test_the_settings_of_the_guide_reach_the_dag(dag):
    wanted = yaml.safe_load(block("yaml", "max_active_runs"))["default"]
    told = {**dag.settings, **dag.settings["default_args"]}
    assert told["dag_id"] == "shopclip"
    assert told["max_active_runs"] == wanted["max_active_runs"] == 1
    assert told["schedule"] == wanted["schedule"]
    assert told["retries"] == wanted["retries"]
    assert told["retry_delay"].total_seconds() == 60 * wanted["retry_delay"]


@pytest.mark.slow
def test_the_policy_of_the_guide_sends_what_trains_and_embeds_to_the_gpu(dag, pipeline):
    policy = {}
    exec(block("python", "def task_policy"), policy)
    heavy = re.compile(r"\.(train|embed_images|embed_texts|embed_queries)$")
    for name, nodes in nodes_of(dag, pipeline).items():
        task = dag.tasks[name]
        task.task_id, task.dag_id = name, dag.settings["dag_id"]
        policy["task_policy"](task)
        expected = "gpu" if any(map(heavy.search, nodes)) else "default_pool"
        assert (name, task.pool) == (name, expected)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_tasks_run_one_by_one_give_what_one_run_gives(tmp_path):
    project = copy_project(tmp_path / "project")
    pairs = project / "conf/test/parameters_pairs.yml"
    others = tuple(f"  {pair}:" for pair in PAIRS[1:])
    lines = pairs.read_text().splitlines(keepends=True)
    pairs.write_text("".join(line for line in lines if not line.startswith(others)))
    file = generate(project, "namespaces")

    nightly = open_run(project)
    tasks = subprocess.run(
        [sys.executable, "-m", "tests.airflow_standin", str(file)],
        cwd=project,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MLFLOW_RUN_ID": nightly},
        capture_output=True,
        timeout=300,
    )
    assert tasks.returncode == 0, tasks.stdout + tasks.stderr
    leaderboard = project / "data/08_reporting/leaderboard.csv"
    of_tasks = leaderboard.read_bytes()
    assert runs_of(project) == {"__default__": None, PAIRS[0]: nightly}

    leaderboard.unlink()
    stages = "training,embedding,evaluation,reporting"
    again = ("--params", "training.resume=false")
    kedro(project, "run", "--env", "test", "--pipelines", stages, *again)
    assert leaderboard.read_bytes() == of_tasks


def open_run(project):
    """What `mlflow runs create --experiment-name shopclip` does; the run's id."""
    client, experiment = experiment_of(project)
    return client.create_run(experiment.experiment_id).info.run_id


def runs_of(project):
    """The parent of every MLflow run, by the run's name."""
    client, experiment = experiment_of(project)
    runs = client.search_runs([experiment.experiment_id])
    assert {run.info.status for run in runs} == {"FINISHED"}
    return {run.info.run_name: run.data.tags.get("mlflow.parentRunId") for run in runs}


def experiment_of(project):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    return client, client.get_experiment_by_name("shopclip")


def test_the_stand_in_refuses_a_circle_and_a_task_that_is_there_twice(tmp_path):
    file = tmp_path / "dag.py"
    head = "from airflow.sdk import dag, task\n@dag(dag_id='d')\ndef d():\n"
    two = "    a, b = (task(task_id=name)(print)() for name in {names})\n    a >> b\n"
    file.write_text(head + two.format(names="'ab'") + "    b >> a\nd()\n")
    with pytest.raises(CycleError):
        record(file).order()
    file.write_text(head + two.format(names="'aa'") + "d()\n")
    with pytest.raises(ValueError, match="twice"):
        record(file)
