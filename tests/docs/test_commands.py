"""Every command that the documentation tells a reader to type."""

import re
import shutil
import socket
import subprocess
import time
import tomllib
import urllib.request

import pytest
from packaging.requirements import Requirement

from tests.docs import workplace
from tests.docs.commands import commands, split, told_in_passing
from tests.docs.interpreter import Interpreter
from tests.docs.pages import Fence, fences
from tests.docs.treatment import RULES, how, rule_for
from tests.project import ROOT

COMMANDS = commands()
PYTHON = [fence for fence in fences() if fence.language == "python"]


def treated(*hows):
    """Tests of the commands that are treated so, in the order of the pages."""
    chosen = [one for one in COMMANDS if how(one) in hows]
    return [pytest.param(one, id=f"{one.where} {one}"[:120]) for one in chosen]


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory):
    home = tmp_path_factory.mktemp("reader")
    # The tests' machine is a busy one: docs/how-to/train-on-a-small-machine.md sets the policy.
    settings = {"HF_HUB_OFFLINE": "1", "COLUMNS": "120", "OMP_WAIT_POLICY": "passive"}
    with Interpreter(**settings, HOME=str(home / "home")) as warm:
        warm.home = home
        yield warm


@pytest.fixture(scope="module")
def trained(interpreter):
    """A project in which `kedro run` has run."""
    project = workplace.prepare(interpreter.home)
    interpreter.run(["kedro", "run", "--env", "test"], project)
    return project


@pytest.fixture(scope="module")
def project_of(trained):
    """A page → the project in which its commands run, one after the other."""
    projects = {}

    def of(page):
        if page not in projects:
            folder = trained.with_name(re.sub(r"\W", "_", page))
            projects[page] = workplace.copy(trained, folder)
        return projects[page]

    return of


@pytest.fixture(scope="module")
def server(trained, interpreter):
    """The address of the search page over the trained project, in a thread of the interpreter."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["serve", "--from", str(trained), "--port", str(port)]
    start = (
        "import threading; from shopclip.search.__main__ import main; "
        f"threading.Thread(target=main, args=({arguments},), daemon=True).start()"
    )
    interpreter.run(["python", "-c", start], trained)
    wait_for(f"http://127.0.0.1:{port}/api/catalogue")
    return f"http://127.0.0.1:{port}"


def wait_for(address):
    for _ in range(600):
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer within a minute")


@pytest.fixture(scope="module")
def run_once(interpreter, project_of):
    """Runs a command in the project of its page, unless Kedro has run the very same before."""
    finished = set()

    def run(command):
        treatment = how(command)
        rehearse = treatment in ("rehearse", "serve")
        argv = tuple(filled_in(command.argv, treatment))
        if argv[0] == "kedro" and (argv, rehearse) in finished:
            return
        place = command.where if treatment == "read" else command.page
        interpreter.run(
            argv, project_of(place), rehearse=rehearse, environment=dict(command.environment)
        )
        finished.add((argv, rehearse))

    return run


def filled_in(argv, treatment="rehearse"):
    """The arguments with what the reader has to put in; `kedro run` takes the small environment."""
    argv = [re.sub("|".join(workplace.PLACEHOLDERS), _placeholder, word) for word in argv]
    if argv[:2] == ["kedro", "run"] and "--env" not in argv:
        argv += ["--env", "test"]
    return [*argv, "--pipelines", "ingestion,preprocessing"] if treatment == "read" else argv


def _placeholder(found):
    return workplace.PLACEHOLDERS[found[0]]


def test_there_are_commands_to_test():
    assert len(COMMANDS) > 40


def test_every_command_has_a_rule():
    """Whoever writes a new one says in tests/docs/treatment.py how it is tested."""
    assert [f"{one.where}: {one}" for one in COMMANDS if rule_for(one) is None] == []


def test_every_rule_has_a_command():
    used = {rule_for(command) for command in COMMANDS}
    assert [rule.pattern for rule in RULES if rule not in used] == []


def test_what_does_not_really_run_has_a_reason():
    unreal = [rule for rule in RULES if rule.how in ("rehearse", "install", "in_ci", "elsewhere")]
    assert [rule.pattern for rule in unreal if not rule.why] == []


def test_tests_that_stand_in_for_a_command_exist():
    named = [name for rule in RULES for name in re.findall(r"tests/\S+\.py", rule.why)]
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_a_block_is_split_as_the_shell_does_it():
    text = 'a=x,y\nA=1 one --p $a && .venv/bin/two "b # c" \\\n  d  # note\n# nothing\n'
    found = list(split(Fence(ROOT / "README.md", 1, "bash", text)))
    assert [one.argv for one in found] == [("one", "--p", "x,y"), ("two", "b # c", "d")]
    assert [one.environment for one in found] == [(("A", "1"),), ()]


@pytest.mark.slow
def test_the_first_run_trains_every_pair_and_ends_with_the_leaderboard(trained):
    assert (trained / "data/06_models/bert_resnet/model.safetensors").exists()
    assert (trained / "data/08_reporting/report.html").exists()


@pytest.mark.slow
@pytest.mark.parametrize("command", treated("run", "read", "rehearse", "serve"))
def test_it_runs(command, run_once):
    run_once(command)


@pytest.mark.slow
@pytest.mark.parametrize("command", [pytest.param(one, id=one.where) for one in told_in_passing()])
def test_a_command_in_a_sentence_is_understood(command, interpreter, trained):
    interpreter.run(filled_in(command.argv), trained, rehearse=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong",
    [
        "kedro run --pipelines trianing",
        "kedro run --namespaces gpt_resnet",
        "kedro run --params training.recipe.epocs=3",
        "kedro run --params training.seeds=0",
        "kedro run --evn fashion",
        "kedro viz run --prot 1",
        "mlflow iu",
        "python benchmarks/scale.py --cataloge x",
        "python -m shopclip.search serve --prot 1",
        "python -m shopclip.serch",
    ],
)
def test_a_mistake_in_a_command_would_be_found(wrong, interpreter, trained):
    with pytest.raises(AssertionError, match="ended with"):
        interpreter.run([*wrong.split()], trained, rehearse=True)


@pytest.mark.slow
@pytest.mark.parametrize("fence", [pytest.param(one, id=one.name) for one in PYTHON])
def test_a_block_of_python_runs(fence, interpreter, project_of):
    page = fence.name.rpartition(":")[0]
    interpreter.run(["python", "-c", fence.text], project_of(page))


@pytest.mark.slow
@pytest.mark.parametrize("command", treated("request"))
def test_it_is_answered(command, server):
    if shutil.which(command.argv[0]) is None:
        pytest.skip(f"{command.argv[0]} is not installed")
    address = server.removeprefix("http://")
    argv = [word.replace("127.0.0.1:7860", address) for word in command.argv]
    done = subprocess.run([*argv, "--fail"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert '"hits"' in done.stdout


@pytest.mark.parametrize("command", treated("install"))
def test_what_it_installs_is_declared(command):
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [word for word in command.argv[2:] if not word.startswith("-")]
    for word in named:
        asked = Requirement(f"shopclip{word[1:]}" if word.startswith(".") else word)
        assert asked.name == "shopclip"
        assert asked.extras <= set(metadata["optional-dependencies"])


@pytest.mark.parametrize("command", treated("in_ci"))
def test_ci_runs_it(command):
    script = (ROOT / ".ci/run").read_text()
    assert str(command).replace("'", '"') in script.replace(".venv/bin/", "")


@pytest.mark.slow
def test_the_search_page_is_served(server):
    with urllib.request.urlopen(server, timeout=30) as answer:
        assert "<title>" in answer.read().decode()
