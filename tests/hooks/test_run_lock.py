import json
import os
import signal
from contextlib import suppress
from types import SimpleNamespace

import pytest
from kedro.pipeline import Pipeline, node

from shopclip.hooks.run_lock_hook import RunLock, RunLockHook, RunningError
from shopclip.pipeline_registry import of_pair
from shopclip.pipelines import evaluation, preprocessing, reporting, training, tuning


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / ".runs"


@pytest.fixture
def held(folder):
    """The id of another process, which reads examples and writes a.model."""
    told, tell = os.pipe()
    process = os.fork()
    if process == 0:
        lock = RunLock(folder)
        lock.take(reads={"examples"}, writes={"a.model"}, about="training of a")
        os.write(tell, b".")
        signal.pause()
    assert os.read(told, 1) == b"."
    yield process
    kill(process)


def kill(process):
    """As the system does when memory is short; killed already is as good."""
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def take(folder, reads, writes, about="all stages"):
    lock = RunLock(folder)
    lock.take(reads=set(reads), writes=set(writes), about=about)
    return lock


@pytest.mark.parametrize(
    ("reads", "writes", "shared"),
    [
        ([], ["a.model"], "a.model"),
        (["a.model"], ["report"], "a.model"),
        ([], ["examples"], "examples"),
        (["a.model"], ["examples", "a.model"], "a.model, examples"),
    ],
    ids=["both-write", "it-writes-what-we-read", "we-write-what-it-reads", "all-of-them"],
)
def test_a_run_in_the_way_is_one_line_that_names_it(held, folder, reads, writes, shared):
    with pytest.raises(RunningError) as caught:
        take(folder, reads, writes)
    told = str(caught.value)
    assert told.startswith(f"{folder.parent}: another run is at work here (process {held}, ")
    assert (
        f"training of a), and one of the two would change what the other needs ({shared})" in told
    )
    assert told.endswith("Wait until it has ended, or run in a copy of the project")


def test_another_pair_may_be_trained_at_the_same_time(held, folder):
    take(folder, ["examples"], ["b.model"]).release()


def test_a_run_that_was_killed_is_in_nobodys_way(held, folder):
    kill(held)
    take(folder, ["examples"], ["a.model"]).release()
    assert [file.name for file in folder.iterdir()] == ["entrance.lock"]


def test_a_run_that_has_ended_is_in_nobodys_way(folder):
    first = take(folder, [], ["a"])
    with pytest.raises(RunningError):
        take(folder, [], ["a"])
    first.release()
    first.release()
    take(folder, [], ["a"]).release()


def test_many_shared_datasets_are_not_all_named(folder):
    first = take(folder, [], "abcdef")
    with pytest.raises(RunningError, match=r"needs \(a, b, c, …\)"):
        take(folder, "abcdef", [])
    first.release()


def test_what_a_killed_run_had_half_written_is_no_run(folder):
    folder.mkdir(parents=True)
    (folder / "1_ab.json").write_text('{"writes": ["a"')
    take(folder, [], ["a"]).release()


def pipeline():
    return Pipeline(
        [
            node(lambda examples, parameters: 1, ["examples", "params:training"], "model"),
            node(lambda model: 1, "model", "scores"),
        ]
    )


@pytest.fixture
def hook(tmp_path):
    hook = RunLockHook()
    hook.after_context_created(SimpleNamespace(project_path=tmp_path))
    yield hook
    hook.release()


def facts(folder):
    return [json.loads(file.read_text()) for file in folder.glob("*.json")]


@pytest.mark.parametrize("end", ["after_pipeline_run", "on_pipeline_error"])
def test_a_run_tells_what_it_reads_and_writes_until_it_ends(hook, folder, end):
    hook.before_pipeline_run(
        {"pipeline_names": ["training", "embedding"], "namespaces": ["a"]}, pipeline()
    )
    (told,) = facts(folder)
    assert (told["reads"], told["writes"]) == (["examples"], ["model", "scores"])
    assert (told["process"], told["about"]) == (os.getpid(), "training, embedding of a")
    getattr(hook, end)()
    assert facts(folder) == []


def test_a_pair_that_is_called_like_a_parameter_is_read_all_the_same(hook, folder):
    embed = node(lambda *_: 1, ["params.dual_encoder", "parameters", "params:index"], "embedded")
    hook.before_pipeline_run({}, Pipeline([embed]))
    assert [one["reads"] for one in facts(folder)] == [["params.dual_encoder"]]


def test_a_run_of_this_process_that_was_interrupted_is_not_in_the_way(hook, folder):
    for _ in range(2):
        hook.before_pipeline_run({"pipeline_names": None, "namespaces": None}, pipeline())
    assert [one["about"] for one in facts(folder)] == ["all stages"]


def another_run(tmp_path, stage):
    hook = RunLockHook()
    hook.after_context_created(SimpleNamespace(project_path=tmp_path))
    hook.before_pipeline_run({}, stage)
    return hook


def test_pairs_train_side_by_side_and_their_report_waits_for_both(tmp_path):
    pairs = ["bert_vit", "gpt_vit"]
    judged = {
        pair: of_pair(pair, "evaluation", evaluation.create_pipeline())
        + of_pair(pair, "training", training.create_pipeline())
        for pair in pairs
    }
    for running in [another_run(tmp_path, pipeline) for pipeline in judged.values()]:
        with pytest.raises(RunningError, match="would change what the other needs"):
            another_run(tmp_path, reporting.create_pipeline(pairs))
        with pytest.raises(RunningError, match="examples"):
            another_run(tmp_path, preprocessing.create_pipeline())
        running.release()
    another_run(tmp_path, reporting.create_pipeline(pairs)).release()


def test_runs_that_tune_share_their_tables(tmp_path, monkeypatch):
    stages = {"tuning": tuning.create_pipeline()}
    monkeypatch.setattr("kedro.framework.project.pipelines", stages)
    both = [another_run(tmp_path, stages["tuning"]) for _ in range(2)]
    with pytest.raises(RunningError, match="examples"):
        another_run(tmp_path, preprocessing.create_pipeline())
    for running in both:
        running.release()
