"""The wheel works elsewhere: in an empty folder, with nothing of the repository but its `conf`."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pandas as pd
import pytest

from tests.project import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive]


def run(*command, cwd, **environment):
    """The finished process; what it printed is in the error where it fails."""
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "120", **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, so that it leaves nothing in the working tree."""
    copy, dist = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("dist")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    leftovers = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", copy / "src", ignore=leftovers)
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    run("-m", "pip", "wheel", *offline, "--wheel-dir", dist, copy, cwd=copy)
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    """As `kedro package` makes it: `conf` without anybody's own settings."""
    archive = tmp_path_factory.mktemp("conf") / "conf-shopclip.tar.gz"

    def shared(entry):
        return None if entry.name.startswith("conf/local/") else entry

    with tarfile.open(archive, "w:gz") as file:
        file.add(ROOT / "conf", "conf", filter=shared)
    return archive


def test_it_holds_every_file_of_the_package_and_no_other(wheel):
    package = ROOT / "src" / "shopclip"
    ours = (path for path in package.rglob("*") if path.is_file())
    wanted = {
        path.relative_to(package.parent).as_posix()
        for path in ours
        if "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as file:
        held = {name for name in file.namelist() if ".dist-info/" not in name}
    assert held == wanted
    kinds = {name.rsplit(".", 1)[1] for name in held}
    assert {"py", "typed", "j2", "html", "css", "js"} <= kinds


def test_it_runs_in_an_empty_folder_to_a_leaderboard(wheel, configuration, tmp_path):
    site, folder = tmp_path / "site", tmp_path / "work"
    install = ("install", "--quiet", "--no-deps", "--no-index", "--no-compile")
    run("-m", "pip", *install, "--target", site, wheel, cwd=tmp_path)
    folder.mkdir()
    shutil.copy(configuration, folder)
    there = {"PYTHONPATH": str(site)}
    where = run("-c", "import shopclip; print(shopclip.__file__)", cwd=folder, **there)
    assert where.stdout.startswith(str(site))
    few = ("--params", "catalogue.limit=40")
    source = ("--conf-source", configuration.name)
    done = run("-m", "shopclip", "--env", "test", *source, *few, cwd=folder, **there)
    assert "Report: data/08_reporting/report.html" in done.stdout
    assert "Traceback" not in done.stderr
    leaderboard = pd.read_csv(folder / "data/08_reporting/leaderboard.csv")
    assert leaderboard["pair"].nunique() == 3
    assert (folder / "mlflow.db").is_file()
    left = {path.name for path in folder.iterdir()} - {".viz"}  # Kedro-Viz's own
    assert left == {configuration.name, "data", "mlflow.db", "mlflow.db.lock", "mlruns"}
