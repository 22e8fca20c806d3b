"""The other end of `warm_interpreter`: asks it to run commands."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.project import ROOT

PROGRAM = Path(__file__).with_name("warm_interpreter.py")


class Interpreter:
    """A warm Python process, to be used in a `with` statement."""

    def __init__(self, **environment):
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**_without_mlflow(os.environ), **environment},
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()  # it would take seconds to unload all that it has loaded
        self._process.wait(30)
        self._process.stdin.close()
        self._process.stdout.close()

    def run(self, argv, folder, *, rehearse=False, environment=None):
        """What a command prints in a folder.

        Args:
            rehearse: stop as soon as the command line is understood.

        Raises:
            AssertionError: it failed.
        """
        task = {
            "argv": list(argv),
            "folder": str(folder),
            "rehearse": rehearse,
            "environment": dict(environment or {}),
            "root": str(ROOT),
        }
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the interpreter died of {argv}"
        answer = json.loads(line)
        assert answer["code"] == 0, f"{argv} ended with {answer['code']}:\n{answer['printed']}"
        return answer["printed"]


def _without_mlflow(environment):
    """Not the experiment that MLflow leaves in the environment of a test that used it."""
    return {name: value for name, value in environment.items() if not name.startswith("MLFLOW_")}
