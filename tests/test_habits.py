"""What CONTRIBUTING.md, nox and pre-commit promise is there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nox.registry
import noxfile
import pytest
import yaml

from tests.project import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]


@pytest.fixture(scope="module")
def sessions():
    """The sessions that nox knows, by name."""
    assert Path(noxfile.__file__) == ROOT / "noxfile.py"
    return nox.registry.get()


def test_every_session_that_is_told_of_exists_and_the_reverse(sessions):
    told = set(re.findall(r"nox -s (\w+)", CONTRIBUTING))
    told |= set(re.findall(r"`(\w+)`", CONTRIBUTING.split("lists the rest:")[1].split("\n\n")[0]))
    assert told - {"conf"} == set(sessions)


def test_every_session_says_what_it_is_for(sessions):
    assert all(session.func.__doc__ for session in sessions.values())


def test_hooks_fetch_nothing():
    assert {repo["repo"] for repo in HOOKS} == {"local"}
    assert {hook["language"] for repo in HOOKS for hook in repo["hooks"]} == {"system"}


def test_hooks_run_programs_of_the_environment():
    scripts = sys.exec_prefix + "/bin"
    for hook in (hook for repo in HOOKS for hook in repo["hooks"]):
        assert shutil.which(hook["entry"].split()[0], path=scripts), hook["id"]


def test_pre_commit_takes_the_configuration():
    command = [sys.executable, "-m", "pre_commit", "validate-config", ".pre-commit-config.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:src|tests|conf|docs)/[\w/.-]+)`", CONTRIBUTING)))
)
def test_the_files_that_it_names_exist(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", CONTRIBUTING))
def test_its_links_lead_somewhere(link):
    assert (ROOT / link).exists()


def test_it_is_one_page():
    assert len(CONTRIBUTING.splitlines()) < 100


def test_the_readme_is_read_in_one_go():
    assert len((ROOT / "README.md").read_text().splitlines()) < 120
