"""Every package that the project names has a lowest release that it believes in."""

import tomllib
from importlib.metadata import PackageNotFoundError, version

import noxfile
import pytest
from packaging.requirements import Requirement

from tests.project import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# A later release of each of these is known to break us, or to fetch gigabytes.
BREAK = {
    "faiss-cpu",
    "kedro",
    "kedro-datasets",
    "kedro-mlflow",
    "kedro-viz",
    "mlflow",
    "numpy",
    "optuna",
    "pandas",
    "pydantic",
    "torch",
    "torchvision",
    "transformers",
}


def requirements():
    """All lines of pyproject.toml but that in which `dev` takes up the other extras."""
    extras = PROJECT["optional-dependencies"].values()
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in extra)]
    named = (Requirement(line) for line in lines)
    return [one for one in named if one.name != PROJECT["name"]]


def operators(requirement):
    return {one.operator for one in requirement.specifier}


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_has_a_lower_bound(requirement):
    assert operators(requirement) & {">=", "~="}, (
        f"{requirement}: say from which release on it is believed to work, such as "
        f"{requirement.name}>=1.2, and see that nox -s lowest passes"
    )


def test_what_is_known_to_break_has_an_upper_bound():
    bounded = {one.name for one in requirements() if operators(one) & {"<", "~="}}
    assert bounded >= BREAK


@pytest.mark.parametrize("requirement", requirements(), ids=lambda one: one.name)
def test_what_is_installed_lies_within_the_bounds(requirement):
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        pytest.skip("not installed")
    assert requirement.specifier.contains(installed, prereleases=True)


@pytest.mark.parametrize(
    ("line", "lowest"),
    [
        ("numpy>=2.0,<3", "numpy==2.0"),
        ("kedro[pydantic]~=1.7", "kedro==1.7"),
        ("uvicorn<1,>=0.30", "uvicorn==0.30"),
    ],
)
def test_the_lowest_environment_pins_the_lower_bound(line, lowest):
    assert noxfile.lower_bound(Requirement(line)) == lowest


def test_the_lowest_environment_pins_whatever_a_user_installs(monkeypatch):
    monkeypatch.chdir(ROOT)
    pinned = {Requirement(line).name for line in noxfile.lower_bounds()}
    assert pinned >= {Requirement(line).name for line in PROJECT["dependencies"]}
    assert pinned >= {Requirement(line).name for line in PROJECT["optional-dependencies"]["search"]}
