"""A Python process that runs one command after another, each as `python` would, and stays warm.

Started by `tests.docs.interpreter`. It reads a command a line as JSON and answers with the exit
code and all that was printed. What is shared is what was imported; starting Kedro, MLflow and torch
again for every command of the documentation would take minutes.
"""

import argparse
import contextlib
import json
import os
import runpy
import sys
import tempfile
import traceback
from pathlib import Path
from unittest import mock

# Console scripts, and the modules that they are.
PROGRAMS = {
    "kedro": "kedro",
    "mkdocs": "mkdocs",
    "mlflow": "mlflow",
    "nox": "nox",
    "pre-commit": "pre_commit",
}


class Parsed(BaseException):
    """The command line was understood: a rehearsal ends here."""


def run(argv, root):
    """Run a command as its own interpreter would.

    Args:
        root: folder of scripts that are not in the working directory.
    """
    program, *rest = argv
    if program in PROGRAMS:
        return _module(PROGRAMS[program], rest)
    assert program in ("python", "python3"), program
    if rest[0] == "-m":
        return _module(rest[1], rest[2:])
    if rest[0] == "-c":
        sys.argv = ["-c", *rest[2:]]
        exec(compile(rest[1], "<command>", "exec"), {"__name__": "__main__"})
        return None
    script = next(file for file in (Path(rest[0]), Path(root) / rest[0]) if file.exists())
    sys.argv = [str(script), *rest[1:]]
    with mock.patch.object(sys, "path", [str(script.parent), *sys.path]):
        runpy.run_path(str(script), run_name="__main__")
    return None


def _module(name, rest):
    sys.argv = [name, *rest]
    runpy.run_module(name, run_name="__main__", alter_sys=True)


@contextlib.contextmanager
def rehearsal():
    """Programs stop once they have understood their arguments, whichever parser they use."""
    import click

    parse, invoke = argparse.ArgumentParser.parse_args, click.Command.invoke

    def parse_and_stop(self, *args, **kwargs):
        parse(self, *args, **kwargs)
        raise Parsed

    def stop(self, context):
        if isinstance(self, click.Group):
            return invoke(self, context)
        raise Parsed

    with (
        mock.patch.object(argparse.ArgumentParser, "parse_args", parse_and_stop),
        mock.patch.object(click.Command, "invoke", stop),
    ):
        yield


def rehearse(argv, root):
    """Start a command and stop it; of `kedro run`, look at what it would do as well."""
    if argv[:2] == ["kedro", "run"]:
        check_run(argv[2:])
        raise Parsed
    with rehearsal():
        run(argv, root)


def check_run(arguments):
    """Parse as Kedro does, fit the parameters to their models, choose the nodes.

    What is left out is the session, with what its hooks do to MLflow.
    """
    from kedro.framework.cli.utils import find_run_command
    from kedro.framework.project import settings
    from kedro.framework.startup import bootstrap_project
    from kedro.pipeline import Pipeline
    from kedro.validation.parameter_validator import ParameterValidator

    from shopclip.parameters.pairs import runs_of, with_repeats
    from shopclip.pipeline_registry import declare_pairs, register_pipelines

    bootstrap_project(Path.cwd())
    options = find_run_command("shopclip").make_context("run", arguments).params
    loader = settings.CONFIG_LOADER_CLASS(
        "conf", env=options["env"], runtime_params=options["params"], **settings.CONFIG_LOADER_ARGS
    )
    parameters = with_repeats(loader["parameters"])
    declare_pairs(runs_of(parameters["pairs"]))
    pipelines = register_pipelines()
    ParameterValidator(pipelines).validate_raw_params(parameters)
    chosen = sum((pipelines[name] for name in options["pipelines"]), Pipeline([]))
    wanted = {"tags": "tags", "node_names": "node_names", "node_namespaces": "namespaces"}
    filters = {name: list(options[option]) or None for name, option in wanted.items()}
    assert (chosen if chosen.nodes else pipelines["__default__"]).filter(**filters).nodes


def code_of(task):
    """Run a task; 0 if all went well."""
    try:
        (rehearse if task["rehearse"] else run)(task["argv"], task["root"])
        # A rehearsal that nothing stopped has run the command: no parser was asked.
        return 1 if task["rehearse"] else 0
    except Parsed:
        return 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        return 1


def close_runs():
    """What MLflow does when a process ends: kedro-mlflow leaves a run open for every node."""
    if mlflow := sys.modules.get("mlflow"):
        while mlflow.active_run():
            mlflow.end_run()


def answer(task):
    """The exit code of a task and all that it printed."""
    os.chdir(task["folder"])
    before = dict(os.environ)
    os.environ.update(task["environment"])
    with tempfile.TemporaryFile() as printed:
        kept = os.dup(1), os.dup(2)
        os.dup2(printed.fileno(), 1)
        os.dup2(printed.fileno(), 2)
        try:
            code = code_of(task)
        finally:
            close_runs()
            sys.stdout.flush()
            sys.stderr.flush()
            for number, descriptor in enumerate(kept, 1):
                os.dup2(descriptor, number)
                os.close(descriptor)
            os.environ.clear()
            os.environ.update(before)
        printed.seek(0)
        return {"code": code, "printed": printed.read().decode(errors="replace")}


def main():
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # whatever else prints must not be taken for an answer
        for line in sys.stdin:
            print(json.dumps(answer(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
