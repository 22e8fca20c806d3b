import shlex
import subprocess
import sys

import pytest

from shopclip.pipelines.reporting.experiment import kedro_command


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["/home/ann/venv/bin/kedro", "run"], "kedro run"),
        ([r"kedro.exe", "run", "--env", "paper"], "kedro run --env paper"),
        (["/venv/site-packages/kedro/__main__.py", "run"], "python -m kedro run"),
        (["/home/ann/src/shopclip/__main__.py", "--env=test"], "python -m shopclip --env=test"),
        (
            ["kedro", "run", "--params", "catalogue.path=/home/ann/shops/shoes,catalogue.limit=40"],
            "kedro run --params catalogue.path=…/shoes,catalogue.limit=40",
        ),
        (
            ["kedro", "run", "--params=catalogue.path=~/shoes,splits.benchmark=/srv/ann/b.json"],
            "kedro run --params=catalogue.path=…/shoes,splits.benchmark=…/b.json",
        ),
        (
            ["kedro", "run", "--conf-source", "/home/ann/conf", "--params", "a=b c"],
            "kedro run --conf-source …/conf --params 'a=b c'",
        ),
        (
            ["kedro", "run", "--pipelines", "evaluation,reporting", "--params", ""],
            "kedro run --pipelines evaluation,reporting --params ''",
        ),
    ],
)
def test_the_command_is_told_without_the_folders_of_the_machine(arguments, shown):
    assert kedro_command(arguments) == shown


def test_a_folder_with_blanks_is_shortened_whole():
    path = "catalogue.path=/home/ann smith/my shops/fine shoes,catalogue.limit=4"
    shown = kedro_command(["kedro", "run", "--params", path])
    assert shown is not None
    assert shlex.split(shown)[-1] == "catalogue.path=…/fine shoes,catalogue.limit=4"
    assert "ann" not in shown


def test_a_command_without_paths_is_read_by_a_shell_as_it_was_given():
    given = ["kedro", "run", "--params", "captions.template={caption}, 'x' $HOME; a=b"]
    shown = kedro_command(given)
    assert shown is not None
    assert shlex.split(shown) == given


@pytest.mark.parametrize("program", ["pytest", "", "/usr/bin/ipykernel_launcher.py", "-c"])
def test_what_is_no_kedro_command_is_not_told(program):
    assert kedro_command([program, "run"]) is None


def test_by_default_it_is_that_of_the_process(tmp_path):
    script = tmp_path / "kedro"
    script.write_text(
        "from shopclip.pipelines.reporting.experiment import kedro_command; print(kedro_command())"
    )
    done = subprocess.run(
        [sys.executable, script, "run", "--tags", "a b"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "kedro run --tags 'a b'"
    assert kedro_command() is None
