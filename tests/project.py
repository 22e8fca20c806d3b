"""A copy of the project in a folder of its own, in which tests run `kedro` as a user does."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).parents[1]


def copy_project(folder):
    """Configuration copied, so that a test may change it; sources and data empty.

    MLflow's database is made already, by which every first run is some seconds shorter.
    """
    folder.mkdir()
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "conf", folder / "conf", ignore=shutil.ignore_patterns("local"))
    (folder / "conf" / "local").mkdir()
    (folder / "src").mkdir()  # the installed package is the one that runs
    shutil.copy(empty_database(), folder / "mlflow.db")
    return folder


def kill(project, *arguments, when):
    """Start a kedro command in the project, and kill it when `when()` says so."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with (project / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "kedro", *arguments],
            cwd=project,
            env=environment,
            stdout=log,
            stderr=log,
        )
    deadline = time.monotonic() + 250
    while process.poll() is None and time.monotonic() < deadline:
        if when():
            process.kill()
            process.wait()
        time.sleep(0.002)
    assert process.returncode == -9, (project / "log.txt").read_text()


def empty_database():
    """A database as MLflow makes it, once for all tests of this version."""
    from mlflow import MlflowClient, __version__

    file = Path(tempfile.gettempdir()) / f"shopclip_tests_{os.getuid()}_mlflow_{__version__}.db"
    with FileLock(f"{file}.lock"):
        if not file.is_file():
            draft = file.with_suffix(f".{os.getpid()}")
            MlflowClient(f"sqlite:///{draft}").search_experiments()
            draft.replace(file)
    return file


def kedro(project, *arguments, check=True):
    """Run a kedro command in the project and return the finished process."""
    command = [sys.executable, "-m", "kedro", *arguments]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "120"}
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=300
    )
    if check and done.returncode:
        raise AssertionError(f"{' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
    return done
