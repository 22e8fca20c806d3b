"""What people do with this project, a word each: `nox -s lint`, or `nox -l` for all of them.

Sessions run in the environment in which nox was started (`pip install -e '.[dev]'`); `lowest` and
`newest` alone make environments of their own, and need some gigabytes and minutes for that.
"""

import tomllib
from pathlib import Path

import nox
from packaging.requirements import Requirement

nox.options.sessions = ["lint", "tests"]
nox.options.default_venv_backend = "none"

EXTRAS = ("search", "wheels", "milvus")  # of those that a user installs, what the quick tests use
TEST_TOOLS = ("httpx", "hypothesis", "nox", "pytest", "setuptools>=77", "torchmetrics")
# These need the other tools of dev.
NOT_OF_USERS = ("tests/benchmarks", "tests/docs", "tests/notebooks", "tests/test_habits.py")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types and walls; seconds, but for the first time that mypy runs."""
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def tests(session: nox.Session) -> None:
    """The quick tests; `nox -s tests -- tests/search -x` runs some."""
    session.run("pytest", "-n", "2", "--dist", "loadfile", "-m", "not slow", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """The slow tests but for the slowest, one a core; CI runs all of them."""
    quicker = ("-n", "2", "--dist", "loadfile")
    session.run("pytest", "-m", "slow and not exhaustive", *quicker, *session.posargs)


@nox.session
def exhaustive(session: nox.Session) -> None:
    """The slowest of the slow tests, which take minutes each."""
    session.run("pytest", "-m", "exhaustive", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """The quick tests, and which lines they leave out; fails below the floor of pyproject.toml."""
    session.run(
        "pytest", "-m", "not slow", "--cov", "--cov-report=term:skip-covered", *session.posargs
    )


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation, into `site/`; `nox -s docs -- serve` shows it while you write."""
    session.run("mkdocs", *(session.posargs or ["build", "--strict"]))


@nox.session
def notebooks(session: nox.Session) -> None:
    """Clean as committed, and each runs through on a small project."""
    session.run("pytest", "tests/notebooks", *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """The wheel and the archive of the configuration, into `dist/`."""
    session.run("kedro", "package")


@nox.session(venv_backend="venv", reuse_venv=True)
def lowest(session: nox.Session) -> None:
    """The quick tests with the oldest release of everything that pyproject.toml allows."""
    constraints = Path(session.create_tmp()) / "lowest.txt"
    constraints.write_text("\n".join(lower_bounds()) + "\n")
    _quick_tests(session, "--constraint", str(constraints))


@nox.session(venv_backend="venv", reuse_venv=True)
def newest(session: nox.Session) -> None:
    """The quick tests with the newest releases that pyproject.toml allows."""
    _quick_tests(session, "--upgrade", "--upgrade-strategy", "eager")


def lower_bounds() -> list[str]:
    """`name==lowest` of every package that somebody who uses shopclip installs."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    wanted = list(project["dependencies"])
    wanted += [line for extra in EXTRAS for line in project["optional-dependencies"][extra]]
    return [lower_bound(Requirement(line)) for line in wanted]


def lower_bound(requirement: Requirement) -> str:
    """Such as `numpy==2.0` of `numpy>=2.0,<3`."""
    (lowest,) = (one.version for one in requirement.specifier if one.operator in (">=", "~="))
    return f"{requirement.name}=={lowest}"


def _quick_tests(session: nox.Session, *settings: str) -> None:
    session.install(*settings, "--editable", f".[{','.join(EXTRAS)}]", *TEST_TOOLS)
    ignored = [f"--ignore={path}" for path in NOT_OF_USERS]
    session.run("python", "-m", "pytest", "-m", "not slow", *ignored, *session.posargs)
