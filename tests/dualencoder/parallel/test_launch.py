"""Training by processes of this machine, which torch's elastic launcher starts."""

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from shopclip.dualencoder import CheckpointManager, Recipe, TrainingError, fit
from shopclip.dualencoder.parallel.launch import fit_on_workers
from shopclip.dualencoder.parallel.workers import Workers
from tests.dualencoder.conftest import BERT, RESNET, build, still, subset, weights

RECIPE = Recipe(epochs=3, batch_size=16)


def children():
    """Processes that multiprocessing has spawned from this one."""
    stats = [(file, file.read_text()) for file in Path("/proc").glob("[0-9]*/stat")]
    own = [
        file.parent
        for file, text in stats
        if int(text.rpartition(")")[2].split()[1]) == os.getpid()
    ]
    return [int(one.name) for one in own if b"spawn_main" in (one / "cmdline").read_bytes()]


@pytest.fixture
def split(examples):
    """48 examples to train on and 16 to judge by."""
    return subset(examples, np.arange(48)), subset(examples, np.arange(48, 64))


@pytest.mark.slow
def test_two_workers_end_as_one_and_leave_a_state_that_says_so(split, tmp_path):
    training, validation = split
    alone, together, again = (build(still(BERT), RESNET) for _ in range(3))
    expected = fit(alone, training, RECIPE, validation=validation)
    states = CheckpointManager(tmp_path / "states")
    log = fit_on_workers(
        together, training, RECIPE, count=2, validation=validation, checkpoint_manager=states
    )
    for name, value in together.state_dict().items():
        torch.testing.assert_close(value, alone.state_dict()[name], rtol=1e-3, atol=2e-5)
    assert [step.loss for step in log.steps] == pytest.approx(
        [step.loss for step in expected.steps], rel=1e-4
    )
    assert log.best_epoch == expected.best_epoch
    assert [epoch.mrr for epoch in log.epochs] == pytest.approx(
        [epoch.mrr for epoch in expected.epochs], rel=1e-3
    )
    fit(
        again,
        training,
        RECIPE,
        validation=validation,
        checkpoint_manager=CheckpointManager(tmp_path / "states"),
    )
    assert all(
        torch.equal(value, weights(together)[name]) for name, value in weights(again).items()
    )
    assert {file.name for file in (tmp_path / "states").iterdir()} == {"done.safetensors", "lock"}


@pytest.mark.slow
def test_a_killed_worker_ends_in_one_error_and_the_same_again_goes_on(examples, tmp_path):
    recipe = replace(RECIPE, epochs=30)

    def kill_one():
        while not any(tmp_path.glob("step_*")):
            time.sleep(0.05)
        os.kill(children()[-1], signal.SIGKILL)

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    states = CheckpointManager(tmp_path, seconds=0.5)
    with pytest.raises(TrainingError, match=r"worker \d died.*(?s:.*)resumes from .*step_") as told:
        fit_on_workers(
            build(still(BERT), RESNET), examples, recipe, count=2, checkpoint_manager=states
        )
    killer.join()
    assert "Signal 9" in str(told.value)
    assert not children()
    begun = states.last()
    model, alone = build(still(BERT), RESNET), build(still(BERT), RESNET)
    log = fit_on_workers(
        model, examples, recipe, count=2, checkpoint_manager=CheckpointManager(tmp_path)
    )
    assert not begun.exists()
    assert len(log.steps) == 30 * 4
    expected = fit(alone, examples, recipe)
    assert log.epochs[-1].loss == pytest.approx(expected.epochs[-1].loss, rel=0.02)


@pytest.mark.slow
def test_an_error_of_the_workers_is_that_of_one_alone(examples):
    mad = replace(RECIPE, image_learning_rate=1e30, text_learning_rate=1e30)
    with pytest.raises(TrainingError) as alone:
        fit(build(still(BERT), RESNET), examples, mad)
    with pytest.raises(TrainingError) as together:
        fit_on_workers(build(still(BERT), RESNET), examples, mad, count=2)
    assert str(together.value) == str(alone.value)


def test_a_batch_that_workers_cannot_share_is_refused_with_one_that_they_can(examples):
    with pytest.raises(TrainingError, match=r"3 workers cannot share a batch of 16.*to 15"):
        fit(build(BERT, RESNET), examples, RECIPE, workers=Workers(0, 3))


def test_more_workers_than_gpus_are_refused(examples, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(TrainingError, match="workers is 4, but this machine has 1 GPU"):
        fit_on_workers(build(BERT, RESNET), examples, RECIPE, count=4, device="cuda:0")
