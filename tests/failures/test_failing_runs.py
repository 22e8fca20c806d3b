"""`kedro run` as a user types it, where it cannot be done: one line, and how to go on."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import chain

import pytest

from shopclip.hooks.run_lock_hook import RunLock
from tests.conftest import row, write_kaggle
from tests.failures.limits import mounted, read_only, tmpfs
from tests.project import copy_project, kedro

IMPATIENT = """
from kedro.framework.cli import main
from shopclip.hooks import tracking_errors, tracking_hook
tracking_errors.PATIENCE = tracking_hook.PATIENCE = 1
main()
"""
DATA = ("01_raw", "02_intermediate", "03_primary")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a shop of forty products, taken in."""
    folder = copy_project(tmp_path_factory.mktemp("failing") / "project")
    write_kaggle(folder / "shop", [row(n, f"Arden Men Shirt {n}") for n in range(40)])
    done = kedro(folder, *ingestion(folder))
    assert done.returncode == 0
    return folder


def ingestion(project, limit=40):
    chosen = f"catalogue.path={project / 'shop'},catalogue.limit={limit}"
    return ["run", "--env", "test", "--pipelines", "ingestion", "--params", chosen]


def refused(project, command):
    """The last line of a command that ends without a traceback and changes no data."""
    before = files(project)
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert files(project) == before
    return done.stderr.strip().splitlines()[-1]


def files(project):
    found = chain.from_iterable((project / "data" / name).rglob("*") for name in DATA)
    return {file: file.read_bytes() for file in found if file.is_file()}


def command(*arguments):
    return [sys.executable, "-m", "kedro", *arguments]


@pytest.mark.slow
def test_another_run_in_the_folder(project):
    other = RunLock(project / "data" / ".runs")
    other.take(reads=set(), writes={"products"}, about="all stages")
    told = refused(project, command(*ingestion(project, limit=20)))
    other.release()
    assert told.startswith(f"Error: {project}/data: another run is at work here (process ")
    assert told.endswith("(products). Wait until it has ended, or run in a copy of the project")


@pytest.mark.slow
def test_a_table_that_something_else_changed_names_the_command_that_makes_it(project):
    table = project / "data/02_intermediate/products.parquet"
    whole = table.read_bytes()
    table.write_bytes(whole[:3000])
    told = refused(project, command("run", "--env", "test", "--pipelines", "preprocessing"))
    table.write_bytes(whole)
    assert told == (
        "Error: data/02_intermediate/products.parquet: changed after check_products had made it. "
        "Make it again: kedro run --env test --pipelines ingestion,preprocessing"
    )


@pytest.mark.slow
def test_a_database_of_mlflow_that_another_program_keeps(project):
    with closing(sqlite3.connect(project / "mlflow.db", isolation_level=None)) as another:
        another.execute("begin exclusive")
        told = refused(project, [sys.executable, "-c", IMPATIENT, *ingestion(project)])
    assert told == (
        f"Error: {project}/mlflow.db: another program keeps MLflow's database to itself; 1 seconds "
        "of waiting did not help. End it (lsof names it), or wait, and give the same command again"
    )


@pytest.mark.slow
def test_a_disk_that_is_full(project):
    folder = project / "data/02_intermediate"
    told = refused(project, mounted(command(*ingestion(project)), tmpfs(folder, "8k")))
    assert told.startswith(f"Error: {folder}/")
    assert "cannot be written: No space left on device (0 MB were free for it)" in told


@pytest.mark.slow
def test_a_folder_that_may_not_be_written(project):
    data = project / "data"
    told = refused(project, mounted(command(*ingestion(project)), read_only(data)))
    assert told.startswith(f"Error: {data}/.runs: cannot be written: Read-only file system. Make ")
    assert "or work in a copy of the project that is" in told
