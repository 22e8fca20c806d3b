"""The container is README's first commands, and what it is built from is there."""

import json
import re
import subprocess

import pytest
from docker.utils import exclude_paths

from tests.project import ROOT

LINE = re.compile(r"^([A-Z]+) (.+)$")


def instructions():
    """Each instruction of the Dockerfile with its arguments, in order; comments left out."""
    joined = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = (line for line in joined.splitlines() if line and not line.startswith("#"))
    return [LINE.match(line).groups() for line in lines]


def arguments_of(name):
    return [arguments for instruction, arguments in instructions() if instruction == name]


def copied():
    """The sources of every COPY."""
    words = (arguments.split() for arguments in arguments_of("COPY"))
    return [word for line in words for word in line[:-1] if not word.startswith("--")]


def readme_commands():
    """The commands of README's first block, without their comments, line by line."""
    block = re.search(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    return [re.split(r"\s+#", line)[0].split(" && ") for line in block.strip().splitlines()]


def test_it_sets_up_and_runs_as_readme_has_it():
    *set_up, run = readme_commands()[0]
    assert " && ".join(set_up) in arguments_of("RUN")
    assert [json.loads(arguments) for arguments in arguments_of("CMD")] == [run.split()]


def test_every_environment_of_python_is_readmes():
    text = (ROOT / "README.md").read_text()
    installs = [one for line in arguments_of("RUN") for one in re.findall(r"pip install .+", line)]
    assert len(installs) == 2
    assert all(install in text for install in installs)


def test_it_runs_on_the_oldest_python_and_not_as_root():
    (image,) = arguments_of("FROM")
    assert image == "python:3.11-slim"
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text()
    names = [name for name, _ in instructions()]
    (user,) = arguments_of("USER")
    assert user != "root"
    pip = next(place for place, (_, words) in enumerate(instructions()) if "pip" in words)
    assert names.index("USER") < pip


@pytest.mark.parametrize("source", copied())
def test_what_is_copied_exists_and_is_committed(source):
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", source]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout


def test_the_build_sees_all_that_it_needs_and_nothing_private(tmp_path):
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    private = ["conf/local/credentials.yml", "data/01_raw/catalogue.json", "mlflow.db", ".venv/x"]
    for name in [*filter(None, listed.decode().split("\0")), *private]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    patterns = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in patterns if line and not line.startswith("#")]
    seen = {path for path in exclude_paths(str(tmp_path), rules) if (tmp_path / path).is_file()}
    needed = {
        name
        for name in filter(None, listed.decode().split("\0"))
        for source in copied()
        if name == source or name.startswith(f"{source}/")
    }
    assert needed - seen == set()
    # docker's own library always sends the two files that tell it what to do.
    assert seen - needed <= {"Dockerfile", ".dockerignore"}


def test_the_port_and_the_folder_of_its_commands_are_the_programs():
    (port,) = arguments_of("EXPOSE")
    source = (ROOT / "src/shopclip/search" / "cli.py").read_text()
    assert f'"--port", type=int, default={port}' in source
    (volume,) = arguments_of("VOLUME")
    (folder,) = arguments_of("WORKDIR")
    assert volume == f"{folder}/data"
    comments = re.findall(r"^#.*", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert any(f"-p 127.0.0.1:{port}:{port}" in line for line in comments)
    assert all(f"{volume}" in line for line in comments if " -v " in line)
