import logging
import multiprocessing
import os
import time
from dataclasses import replace

import numpy as np
import pytest

from shopclip.dualencoder import BusyError, CheckpointManager, Recipe, fit
from shopclip.dualencoder.learner import Learner
from tests.dualencoder.conftest import BERT, RESNET, build, differing, subset, varied, weights

RECIPE = Recipe(epochs=3, batch_size=32)
SHORT = Recipe(epochs=1, batch_size=16)


class StoppedError(Exception):
    """The end of a run, at a step of the test's choice."""


def broken_off(examples, folder, after, *, recipe=RECIPE):
    """A training that ends before its step number `after`, having saved every one before."""
    step = Learner.step

    def stops(self, batch, number):
        if number == after:
            raise StoppedError
        return step(self, batch, number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Learner, "step", stops)
        with pytest.raises(StoppedError):
            resumed(examples, folder, recipe=recipe)


def steps_taken(monkeypatch):
    taken = []
    step = Learner.step

    def spy(self, batch, number):
        taken.append(number)
        return step(self, batch, number)

    monkeypatch.setattr(Learner, "step", spy)
    return taken


def states(folder):
    return sorted(file.name for file in folder.glob("*.safetensors"))


def resumed(examples, folder, *, model=None, recipe=RECIPE, **options):
    """The model of a run in the folder, and its log."""
    model = model or build(BERT, RESNET)
    log = fit(
        model, examples, recipe, checkpoint_manager=CheckpointManager(folder, seconds=0), **options
    )
    return model, log


@pytest.mark.parametrize("after", [0, 1, 2, 3, 5])
def test_a_training_broken_off_at_any_step_ends_with_the_same_weights(
    after, examples, tmp_path, monkeypatch
):
    whole = build(BERT, RESNET)
    expected = fit(whole, examples, RECIPE)
    broken_off(examples, tmp_path, after)
    taken = steps_taken(monkeypatch)
    model, log = resumed(examples, tmp_path)
    assert taken == list(range(after, 6))
    assert differing(weights(whole), weights(model)) == []
    assert [step.loss for step in log.steps] == [step.loss for step in expected.steps]
    assert [replace(epoch, seconds=0) for epoch in log.epochs] == [
        replace(epoch, seconds=0) for epoch in expected.epochs
    ]


def test_a_training_broken_off_while_it_looks_at_an_epoch_does_no_step_twice(
    examples, tmp_path, monkeypatch
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "shopclip.dualencoder.epoch_evaluator.EpochEvaluator.evaluate", lambda *_: 1 / 0
        )
        with pytest.raises(ZeroDivisionError):
            resumed(examples, tmp_path)
    taken = steps_taken(monkeypatch)
    _, log = resumed(examples, tmp_path)
    assert taken == list(range(2, 6))
    assert [epoch.epoch for epoch in log.epochs] == [0, 1, 2]


def test_there_are_two_states_at_most_and_in_the_end_only_the_result(
    examples, tmp_path, monkeypatch
):
    seen = []
    step = Learner.step

    def spy(self, batch, number):
        seen.append(states(tmp_path))
        return step(self, batch, number)

    monkeypatch.setattr(Learner, "step", spy)
    resumed(examples, tmp_path)
    assert seen[:4] == [
        [],
        ["step_000000001.safetensors"],
        ["step_000000001.safetensors", "step_000000002.safetensors"],
        ["step_000000002.safetensors", "step_000000003.safetensors"],
    ]
    assert max(len(names) for names in seen) == 2
    assert states(tmp_path) == ["done.safetensors"]


def test_a_state_is_written_only_as_often_as_asked(examples, tmp_path, monkeypatch):
    now = [time.monotonic()]
    monkeypatch.setattr("shopclip.dualencoder.checkpoints.time.monotonic", lambda: now[0])
    step = Learner.step

    def tick(self, batch, number):
        now[0] += 10
        return step(self, batch, number)

    monkeypatch.setattr(Learner, "step", tick)
    written = []
    monkeypatch.setattr(
        "shopclip.dualencoder.checkpoints.write_checkpoint",
        lambda file, *_: written.append(file.name),
    )
    fit(
        build(BERT, RESNET),
        examples,
        RECIPE,
        checkpoint_manager=CheckpointManager(tmp_path, seconds=19),
    )
    steps = [f"step_{number:09d}.safetensors" for number in (2, 4, 6)]
    assert written == [*steps, "done.safetensors"]


@pytest.mark.parametrize("share", [0, 0.0001, 0.01, 0.999])
def test_a_newest_state_that_is_cut_short_gives_way_to_the_one_before(
    share, examples, tmp_path, monkeypatch, caplog
):
    whole = build(BERT, RESNET)
    fit(whole, examples, RECIPE)
    broken_off(examples, tmp_path, 5)
    newest = tmp_path / "step_000000005.safetensors"
    os.truncate(newest, int(newest.stat().st_size * share))
    taken = steps_taken(monkeypatch)
    model, _ = resumed(examples, tmp_path)
    assert taken == list(range(4, 6))
    assert differing(weights(whole), weights(model)) == []
    assert f"{newest} is passed over: it cannot be used" in caplog.text


def test_without_a_whole_state_training_begins_anew(examples, tmp_path, monkeypatch):
    broken_off(examples, tmp_path, 5)
    for file in tmp_path.glob("*.safetensors"):
        os.truncate(file, 1000)
    taken = steps_taken(monkeypatch)
    resumed(examples, tmp_path)
    assert taken == list(range(6))


OTHERS = {
    "recipe": lambda e: {"recipe": replace(SHORT, warmup=0.2)},
    "micro-batch": lambda e: {"recipe": replace(SHORT, micro_batch=8)},
    "seed": lambda e: {"seed": 1},
    "weights": lambda e: {"model": build(BERT, RESNET, seed=1)},
    "pooling": lambda e: {"model": build(replace(BERT, pooling="mean"), RESNET)},
    "image size": lambda e: {"model": build(BERT, RESNET, size=(16, 16))},
    "dropout": lambda e: {
        "model": build(replace(BERT, config={**BERT.config, "hidden_dropout_prob": 0.5}), RESNET)
    },
    "longest caption": lambda e: {"model": build(replace(BERT, max_tokens=4), RESNET)},
    "loss": lambda e: {
        "model": build(BERT, RESNET, loss="siglip"),
        "recipe": replace(SHORT, loss="siglip"),
    },
    "captions": lambda e: {"examples": replace(e, captions=e.captions[::-1])},
    "pictures": lambda e: {"examples": replace(e, images=e.images + 1)},
    "order": lambda e: {"examples": replace(e, rows=e.rows[::-1], caption_ids=e.caption_ids[::-1])},
    "variants": lambda e: {"examples": varied(e)},
    "validation": lambda e: {"validation": subset(e, np.arange(8))},
}


@pytest.mark.parametrize("other", OTHERS)
def test_the_state_of_another_training_is_not_used(other, examples, tmp_path, monkeypatch):
    broken_off(examples, tmp_path, 3, recipe=SHORT)
    options = {"examples": examples, "recipe": SHORT, **OTHERS[other](examples)}
    taken = steps_taken(monkeypatch)
    resumed(folder=tmp_path, **options)
    assert taken == list(range(4))


@pytest.mark.parametrize("other", ["recipe", "micro-batch", "image size", "validation"])
def test_the_result_of_another_training_is_not_used(other, examples, tmp_path, monkeypatch):
    resumed(examples, tmp_path, recipe=SHORT)
    options = {"examples": examples, "recipe": SHORT, **OTHERS[other](examples)}
    taken = steps_taken(monkeypatch)
    resumed(folder=tmp_path, **options)
    assert taken == list(range(4))


@pytest.mark.parametrize("version", ["shopclip.__version__", "torch.__version__"])
def test_the_state_of_another_version_is_not_used(version, examples, tmp_path, monkeypatch):
    broken_off(examples, tmp_path, 3)
    monkeypatch.setattr(version, "0.0.0")
    taken = steps_taken(monkeypatch)
    resumed(examples, tmp_path)
    assert taken == list(range(6))


def test_a_finished_training_is_not_repeated(examples, tmp_path, monkeypatch):
    first, log = resumed(examples, tmp_path, validation=examples)
    taken = steps_taken(monkeypatch)
    again, repeated = resumed(examples, tmp_path, validation=examples)
    assert taken == []
    assert differing(weights(first), weights(again)) == []
    assert repeated == log
    assert repeated.best_epoch is not None


def test_a_forgotten_training_begins_anew(examples, tmp_path, monkeypatch):
    first, _ = resumed(examples, tmp_path)
    CheckpointManager(tmp_path).forget()
    assert states(tmp_path) == []
    taken = steps_taken(monkeypatch)
    again, _ = resumed(examples, tmp_path)
    assert taken == list(range(6))
    assert differing(weights(first), weights(again)) == []


def test_there_is_nothing_to_forget_in_a_folder_that_is_not_there(tmp_path):
    CheckpointManager(tmp_path / "nothing").forget()
    assert CheckpointManager(tmp_path / "nothing").last() is None


def test_drafts_of_a_killed_run_are_removed_and_nothing_else(examples, tmp_path):
    draft = tmp_path / ".step_000000003.safetensors.4711"
    draft.write_bytes(b"half")
    (tmp_path / "notes.txt").touch()
    resumed(examples, tmp_path)
    assert not draft.exists()
    assert (tmp_path / "notes.txt").exists()


def hold(folder, ready):
    with CheckpointManager(folder).locked():
        ready.set()
        time.sleep(60)


def test_a_second_process_in_the_folder_is_told_at_once(examples, tmp_path):
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    holder = context.Process(target=hold, args=(tmp_path, ready))
    holder.start()
    try:
        assert ready.wait(30)
        started = time.monotonic()
        with pytest.raises(BusyError, match="another run is training this pair") as error:
            resumed(examples, tmp_path)
        assert str(tmp_path) in str(error.value)
        assert time.monotonic() - started < 5
    finally:
        holder.kill()
        holder.join()
    resumed(examples, tmp_path)  # a killed holder leaves no lock


def test_says_from_which_state_it_goes_on(examples, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    broken_off(examples, tmp_path, 3)
    resumed(examples, tmp_path)
    assert f"resuming from {tmp_path / 'step_000000003.safetensors'}" in caplog.text
    resumed(examples, tmp_path)
    assert f"the weights are those of {tmp_path / 'done.safetensors'}" in caplog.text
