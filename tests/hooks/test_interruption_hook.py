"""Runs that are left without an end: by Ctrl-C, by a signal, in a process and in a notebook."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from threading import Thread
from types import SimpleNamespace

import pytest
from IPython.core.interactiveshell import InteractiveShell
from kedro.framework.hooks import hook_impl
from kedro.framework.hooks.manager import _create_hook_manager

from shopclip.hooks.interruption_hook import ENDING, InterruptionHook
from tests.project import copy_project, kedro

RUN = {"run_params": {"env": "test"}, "pipeline": "pipeline", "catalog": "catalog"}


def heed_interrupts():
    """In a child: tests that a shell runs in the background inherit that Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Told:
    """Another hook, which remembers how runs ended."""

    def __init__(self):
        self.ends = []

    @hook_impl
    def on_pipeline_error(self, error, run_params, pipeline, catalog):
        assert {"run_params": run_params, "pipeline": pipeline, "catalog": catalog} == RUN
        self.ends.append(error)


def session(*hooks):
    """What a session of Kedro's does before its run."""
    manager = _create_hook_manager()
    for hook in hooks:
        manager.register(hook)
    manager.hook.after_context_created(context=SimpleNamespace(_hook_manager=manager))
    return manager.hook


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def hook():
    """The hook in a process that nobody has told what to do with a signal."""
    sys.last_value = None
    before = {number: signal.getsignal(number) for number in ENDING}
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    hook = InterruptionHook()
    yield hook
    hook._over()
    for number, handler in before.items():
        signal.signal(number, handler)


def handlers():
    return [signal.getsignal(number) for number in ENDING]


def test_a_run_that_was_left_is_ended_when_the_next_one_begins(hook, told):
    session(hook, told).before_pipeline_run(**RUN)
    assert told.ends == []
    session(hook, told)
    assert [type(error) for error in told.ends] == [KeyboardInterrupt]
    session(hook, told)
    assert len(told.ends) == 1


@pytest.mark.parametrize(
    "end",
    [
        lambda hooks: hooks.after_pipeline_run(run_result={}, **RUN),
        lambda hooks: hooks.on_pipeline_error(error=ValueError(), **RUN),
    ],
    ids=["well", "badly"],
)
def test_a_run_that_has_ended_is_not_ended_again_and_signals_are_as_before(hook, told, end):
    hooks = session(hook, told)
    hooks.before_pipeline_run(**RUN)
    assert signal.SIG_DFL not in handlers()
    end(hooks)
    assert handlers() == [signal.SIG_DFL] * len(ENDING)
    session(hook, told)
    assert [type(error) for error in told.ends] in ([], [ValueError])


def test_a_signal_unwinds_the_run_as_ctrl_c_does(hook, told):
    session(hook, told).before_pipeline_run(**RUN)
    with pytest.raises(SystemExit) as caught:
        os.kill(os.getpid(), signal.SIGTERM)
    assert caught.value.code == 128 + signal.SIGTERM


def test_a_signal_that_somebody_else_handles_stays_theirs(hook, told):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
    session(hook, told).before_pipeline_run(**RUN)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_process_forked_by_a_run_ends_at_once(hook, told):
    session(hook, told).before_pipeline_run(**RUN)
    process = os.fork()
    if process == 0:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os._exit(0)  # had it been unwound
    assert os.waitpid(process, 0)[1] == signal.SIGTERM
    assert told.ends == []


def test_a_hook_that_refuses_to_begin_is_a_failure_and_no_interruption(hook, told):
    session(hook, told).before_pipeline_run(**RUN)
    sys.last_value = refusal = PermissionError("mlflow.db")  # as Python sets it before it exits
    session(hook, told)
    assert told.ends == [refusal]


def test_an_older_error_of_the_prompt_is_not_that_of_the_run(hook, told):
    sys.last_value = ValueError("of yesterday")
    session(hook, told).before_pipeline_run(**RUN)
    session(hook, told)
    assert [type(error) for error in told.ends] == [KeyboardInterrupt]


@pytest.fixture
def notebook(monkeypatch):
    shell = InteractiveShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    return shell


def test_a_run_that_is_interrupted_in_a_notebook_ends_with_its_cell(hook, told, notebook, capsys):
    def run(raises):
        hooks = session(hook, told)
        hooks.before_pipeline_run(**RUN)
        if raises:
            raise KeyboardInterrupt
        hooks.after_pipeline_run(run_result={}, **RUN)

    notebook.user_ns["run"] = run
    notebook.run_cell("run(raises=True)")
    assert [type(error) for error in told.ends] == [KeyboardInterrupt]
    notebook.run_cell("run(raises=False)")
    assert len(told.ends) == 1
    assert hook._after_cell not in notebook.events.callbacks["post_run_cell"]


def test_a_run_in_a_thread_outlives_its_cell(hook, told, notebook):
    begin = Thread(target=lambda: session(hook, told).before_pipeline_run(**RUN))
    begin.start()
    begin.join()
    notebook.run_cell("1 + 1")
    assert told.ends == []


LEFT = """
import os, sys, time
from tests.hooks.test_interruption_hook import RUN, InterruptionHook, hook_impl, session

class Tells:
    @hook_impl
    def on_pipeline_error(self, error):
        print("ended by", type(error).__name__)

session(InterruptionHook(), Tells()).before_pipeline_run(**RUN)
os.kill(os.getpid(), int(sys.argv[1]))
time.sleep(30)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_that_exits_tells_the_hooks_first(number):
    command = [sys.executable, "-c", LEFT, str(int(number))]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, preexec_fn=heed_interrupts
    )
    assert done.stdout == "ended by KeyboardInterrupt\n", done.stderr
    assert done.returncode in (-number, 128 + number)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """One whose examples are made, and in which only MLflow keeps anything of a run."""
    project = copy_project(tmp_path_factory.mktemp("interrupted") / "project")
    kedro(project, "run", "--env", "test", "--pipelines", "ingestion,preprocessing")
    return project


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_is_killed_in_mlflow_and_holds_no_lock(project, tmp_path, number):
    """Interrupted when the first pair has a run of its own in MLflow and the second is trained."""
    folder = shutil.copytree(project, tmp_path / "project")
    log = folder / "log.txt"
    with log.open("w") as file:
        running = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "kedro",
                "run",
                "--env",
                "test",
                "--pipelines",
                "training",
                "--params",
                "training.recipe.epochs=40",
            ],
            cwd=folder,
            stdout=file,
            stderr=file,
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
            preexec_fn=heed_interrupts,
        )
        while running.poll() is None and "2/3" not in log.read_text():
            time.sleep(0.02)
        running.send_signal(number)
        running.wait(60)
    assert running.returncode == 128 + number, log.read_text()
    assert "Traceback" not in log.read_text()
    with sqlite3.connect(folder / "mlflow.db") as database:
        found = database.execute("select name, status from runs order by start_time").fetchall()
    database.close()
    earlier, pipeline, *pairs = found
    assert earlier[1] == "FINISHED"
    assert pipeline == ("training", "KILLED")
    assert [status for _, status in pairs] == ["KILLED"]
    assert [file.name for file in (folder / "data/.runs").iterdir()] == ["entrance.lock"]
