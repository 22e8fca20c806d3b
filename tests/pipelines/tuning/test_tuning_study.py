"""A study that is interrupted, and one that processes share; a formula stands for training."""

import multiprocessing
import os
import random
import shutil
import signal
import time
from types import SimpleNamespace

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState

from shopclip.pipelines.tuning.search import Search
from shopclip.pipelines.tuning.study import SharedStudy
from tests.pipelines.tuning.conftest import tuning_of

SPACE = {"x": FloatDistribution(-1, 1), "y": FloatDistribution(-1, 1)}
DEFAULTS = {"bert_resnet": {"x": 0.5, "y": 0.0}}


def open_study(folder, trials=5, name="study", **settings):
    study = SharedStudy(folder, name, tuning_of(trials=trials, **settings))
    study.begin(DEFAULTS)
    return study


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """The file of a database without a study, which takes a while to make."""
    folder = tmp_path_factory.mktemp("database")
    study = SharedStudy(folder, "study", tuning_of())
    optuna.delete_study(study_name="study", storage=study.study._storage)
    study.study._storage.remove_session()
    return folder / "studies.db"


@pytest.fixture
def folder(tmp_path, database):
    shutil.copy(database, tmp_path)
    return tmp_path


def value_of(params):
    return 1 - params["x"] ** 2 - params["y"] ** 2


def run_to_the_end(study, stop=None):
    """Run trials, the last of them not to its end where it is the one to stop in."""
    done = 0
    while trial := study.claim(SPACE):
        if done == stop:
            return trial
        study.states(trial).mkdir(parents=True, exist_ok=True)
        study.complete(trial, value_of(trial.params))
        done += 1
    return None


def finished(study):
    return [(trial.params, trial.value) for trial in study.finished()]


def test_it_ends_with_as_many_trials_as_wanted_and_begins_with_the_default(folder):
    study = open_study(folder)
    run_to_the_end(study)
    assert study.over
    assert len(study.study.trials) == len(finished(study)) == 5
    assert finished(study)[0] == (DEFAULTS["bert_resnet"], 0.75)
    assert study.best().value == max(value for _, value in finished(study)) >= 0.75


def test_one_that_is_over_goes_on_when_more_trials_are_wanted(folder):
    run_to_the_end(open_study(folder, trials=2))
    study = open_study(folder, trials=4)
    assert not study.over
    run_to_the_end(study)
    assert len(study.study.trials) == 4


@pytest.mark.parametrize("stop", [0, 2])
def test_interrupted_it_ends_with_the_choices_of_an_undisturbed_one(folder, stop):
    undisturbed = open_study(folder, name="undisturbed")
    run_to_the_end(undisturbed)

    first = open_study(folder, name="disturbed")
    interrupted = run_to_the_end(first, stop=stop)
    first.release()  # as the system does when a process dies
    second = open_study(folder, name="disturbed")
    run_to_the_end(second)

    assert finished(second) == finished(undisturbed)
    states = [trial.state for trial in second.study.trials]
    assert states.count(TrialState.FAIL) == 1
    repeated = second.study.trials[interrupted.number + 1]
    assert repeated.params == interrupted.params
    assert second.states(repeated) == second.states(interrupted)


def test_a_default_recipe_that_is_interrupted_stays_the_default(folder):
    first = open_study(folder)
    run_to_the_end(first, stop=0)
    first.release()
    second = open_study(folder)
    run_to_the_end(second)
    assert second.best_default().params == DEFAULTS["bert_resnet"]
    assert second.best_default().number == 1


def test_a_trial_that_was_interrupted_before_it_had_chosen_is_repeated_as_it_was_given(folder):
    study = open_study(folder)
    study.study.ask()  # killed here, between being made and choosing
    trial = study.claim(SPACE)
    assert (trial.number, trial.params) == (1, DEFAULTS["bert_resnet"])


def test_a_repetition_whose_maker_was_killed_is_not_made_twice(folder):
    study = open_study(folder)
    run_to_the_end(study, stop=1)
    study.release()
    tell, study.study.tell = study.study.tell, lambda *_, **__: 1 / 0
    with pytest.raises(ZeroDivisionError):  # killed before the failure was told
        study.claim(SPACE)
    study.study.tell = tell
    study.release()
    again = open_study(folder)
    run_to_the_end(again)
    assert [trial.state for trial in again.study.trials].count(TrialState.FAIL) == 1
    assert len(again.study.trials) == 6


def test_a_trial_of_a_living_run_is_left_to_it(folder):
    one, other = open_study(folder, trials=2), open_study(folder, trials=2)
    mine, theirs = one.claim(SPACE), other.claim(SPACE)
    assert (mine.number, theirs.number) == (0, 1)
    assert other.claim(SPACE) is None  # two are wanted, two are at work
    assert not other.over
    one.complete(mine, 0.5)
    other.complete(theirs, 0.6)
    assert one.over
    assert one.claim(SPACE) is None


def test_only_the_weights_of_the_best_trial_and_the_default_are_kept(folder):
    study = open_study(folder)
    run_to_the_end(study)
    kept = {states.name for states in (study.folder / "states").iterdir()}
    assert kept == {"trial_0000", f"trial_{study.best().number:04d}"}


def test_the_first_of_equals_is_the_best(folder):
    study = open_study(folder, trials=3)
    while trial := study.claim(SPACE):
        study.complete(trial, 0.5)
    assert study.best().number == 0


def test_other_seeds_choose_otherwise(folder):
    found = []
    for seed in (0, 1):
        study = open_study(folder, name=f"of seed {seed}", trials=3, seed=seed)
        run_to_the_end(study)
        found.append(finished(study))
    assert found[0][0] == found[1][0]
    assert found[0][1:] != found[1][1:]


def work(folder, trials):
    """What a process does that may be killed at any moment."""
    study = open_study(folder, trials=trials)
    while not study.over:
        if trial := study.claim(SPACE):
            for epoch in range(3):
                trial.report(value_of(trial.params), epoch)
                time.sleep(0.005)
            study.complete(trial, value_of(trial.params))
        else:
            time.sleep(0.01)


@pytest.fixture(scope="module")
def processes():
    """Starts processes that need not import Optuna again."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.pipelines.tuning.test_tuning_study"])
    return context


def start(processes, folder, trials):
    process = processes.Process(target=work, args=(folder, trials))
    process.start()
    return process


@pytest.mark.slow
def test_processes_that_share_a_study_end_with_exactly_the_trials_wanted(tmp_path, processes):
    both = [start(processes, tmp_path, 8) for _ in range(2)]
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    study = open_study(tmp_path, trials=8)
    assert [trial.state for trial in study.study.trials] == [TrialState.COMPLETE] * 8
    chosen = [tuple(trial.params.values()) for trial in study.finished()]
    assert len(set(chosen)) == 8


@pytest.mark.slow
def test_killed_again_and_again_they_still_do(tmp_path, processes):
    chance, kills = random.Random(0), 0
    while kills < 6:
        both = [start(processes, tmp_path, 40) for _ in range(2)]
        time.sleep(chance.uniform(0.2, 0.5))
        for process in both:
            if process.exitcode is None and kills < 6:
                os.kill(process.pid, signal.SIGKILL)
                kills += 1
            process.join(60)
    last = start(processes, tmp_path, 40)
    last.join(120)
    assert last.exitcode == 0
    study = open_study(tmp_path, trials=40)
    states = [trial.state for trial in study.study.trials]
    assert states.count(TrialState.COMPLETE) == len(study.finished()) == 40
    assert set(states) <= {TrialState.COMPLETE, TrialState.FAIL}
    failed = {t.number for t in study.study.trials if t.state == TrialState.FAIL}
    assert failed == {
        t.user_attrs["repeats"] for t in study.study.trials if "repeats" in t.user_attrs
    }


def test_both_tables_are_of_one_moment_while_others_end_their_trials(folder, monkeypatch):
    study, other = open_study(folder), open_study(folder)
    trials = [other.claim(SPACE) for _ in range(2)]
    read = study.study.get_trials

    def read_while_another_ends(*args, **kwargs):
        seen = read(*args, **kwargs)
        if trials:
            trial = trials.pop()
            trial.set_user_attr("epochs", [{"epoch": 0, "mrr": 0.5}])
            other.complete(trial, 0.5)
        return seen

    monkeypatch.setattr(study.study, "get_trials", read_while_another_ends)
    for _ in range(3):
        epochs, table = Search(study, SimpleNamespace(domains=SPACE), None).tables()
        ended = table[table["state"] == "complete"]["number"]
        assert sorted(epochs["number"].tolist()) == sorted(ended.tolist())
    assert len(ended) == 2
