"""What `fit` tells after every epoch."""

import pytest

from shopclip.dualencoder import CheckpointManager, Recipe, fit
from tests.dualencoder.conftest import BERT, RESNET, build

RECIPE = Recipe(epochs=3, batch_size=16)


class EnoughError(Exception):
    """Raised by who has seen enough."""


def test_is_told_of_every_epoch_as_the_log_has_it(examples):
    told = []
    log = fit(build(BERT, RESNET), examples, RECIPE, after_epoch=told.append)
    assert told == log.epochs
    assert len(told) == 3


def test_ends_training_by_what_it_raises_and_hears_of_those_epochs_again(examples, tmp_path):
    told = []

    def stop_after_two(epoch):
        told.append(epoch.epoch)
        if epoch.epoch == 1:
            raise EnoughError

    model = build(BERT, RESNET)
    with pytest.raises(EnoughError):
        fit(
            model,
            examples,
            RECIPE,
            checkpoint_manager=CheckpointManager(tmp_path, 0),
            after_epoch=stop_after_two,
        )
    assert told == [0, 1]
    heard = []
    resumed = CheckpointManager(tmp_path, seconds=0)
    fit(build(BERT, RESNET), examples, RECIPE, checkpoint_manager=resumed, after_epoch=heard.append)
    assert [epoch.epoch for epoch in heard] == [0, 1, 2]
