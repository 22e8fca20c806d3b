"""The first run of a project, killed before it has done anything, and beside that of another."""

import os
import random
import sqlite3
import subprocess
import sys
import time

import pytest

from tests.project import copy_project, kedro

RUN = ("run", "--env", "test", "--pipelines", "ingestion")


def new_project(folder):
    """One in which MLflow has not been yet."""
    project = copy_project(folder)
    (project / "mlflow.db").unlink()
    return project


def start(project, **output):
    command = [sys.executable, "-m", "kedro", *RUN]
    return subprocess.Popen(
        command, cwd=project, env={**os.environ, "HF_HUB_OFFLINE": "1"}, **output
    )


def runs(database):
    with sqlite3.connect(database) as opened:
        found = opened.execute("select name, status from runs").fetchall()
    opened.close()
    return found


@pytest.mark.slow
def test_a_first_run_that_was_killed_at_any_moment_works_when_it_is_typed_again(tmp_path):
    project = new_project(tmp_path / "project")
    draw = random.Random(os.getpid())
    for _ in range(4):
        with (tmp_path / "log.txt").open("w") as log:
            running = start(project, stdout=log, stderr=log)
            time.sleep(draw.uniform(0.5, 5))
            running.kill()
            running.wait()
        (project / "mlflow.db").unlink(missing_ok=True)  # the next is a first run as well
    kedro(project, *RUN)
    assert runs(project / "mlflow.db") == [("ingestion", "FINISHED")]
    assert not list(project.glob(".mlflow.db.*"))


@pytest.mark.slow
def test_two_new_projects_make_the_database_that_they_share_once(tmp_path):
    shared = tmp_path / "elsewhere" / "mlflow.db"
    projects = [new_project(tmp_path / name) for name in ("one", "two")]
    for project in projects:
        settings = f"server: {{mlflow_tracking_uri: sqlite:///{shared}}}\n"
        (project / "conf/test/mlflow.yml").write_text(settings)
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    started = [start(project, **both) for project in projects]
    for process in started:
        told, _ = process.communicate(timeout=120)
        assert process.returncode == 0, told
    assert runs(shared) == [("ingestion", "FINISHED")] * 2
    assert not [project for project in projects if (project / "mlflow.db").exists()]
