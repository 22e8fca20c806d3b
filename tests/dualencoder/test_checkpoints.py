import math
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open

from shopclip.dualencoder import Recipe, TrainingLog, checkpoints, fit
from shopclip.dualencoder.checkpoints import Checkpoint
from shopclip.dualencoder.learner import Learner
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT, build, differing, weights

RECIPE = Recipe(batch_size=16, epochs=4)


def learn(learner, first, last):
    """Steps of the first epoch."""
    return [learner.step(batch, number) for number, batch in learner.batches(first, last)]


def written(file, learner, steps, **facts):
    state = Checkpoint(TrainingLog(steps), **facts)
    checkpoints.write_checkpoint(file, "one", state, learner)
    return state


def moments(learner):
    """AdamW's, by the name of the weight."""
    return {
        f"{name} {kind}": value
        for name, weight in learner.model.named_parameters()
        for kind, value in learner.optimizer.state[weight].items()
    }


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize(("text", "image"), [(BERT, RESNET), (GPT, VIT)])
def test_a_learner_goes_on_from_a_file_to_the_last_bit(precision, text, image, examples, tmp_path):
    recipe = replace(RECIPE, precision=precision)
    first = Learner(build(text, image), examples, recipe)
    steps = learn(first, 0, 2)
    written(tmp_path / "state", first, steps)
    other = Learner(build(text, image, seed=9), examples, recipe)
    restored = checkpoints.read_checkpoint(tmp_path / "state", "one", other)
    assert repr(restored) == repr(Checkpoint(TrainingLog(steps)))  # a norm may be nan
    assert differing(weights(first.model), weights(other.model)) == []
    assert differing(moments(first), moments(other)) == []
    rest = [learn(learner, 2, 4) for learner in (first, other)]
    assert differing(weights(first.model), weights(other.model)) == []
    assert [step.loss for step in rest[0]] == [step.loss for step in rest[1]]


def test_restored_moments_lie_in_memory_as_their_weights_do(examples, tmp_path):
    learner = Learner(build(BERT, RESNET), examples, RECIPE)
    written(tmp_path / "state", learner, learn(learner, 0, 1))
    other = Learner(build(BERT, RESNET), examples, RECIPE)
    checkpoints.read_checkpoint(tmp_path / "state", "one", other)
    for weight, kinds in other.optimizer.state.items():
        assert kinds["exp_avg"].stride() == weight.stride()


def test_the_scaler_comes_back_as_it_was(examples, tmp_path):
    recipe = replace(RECIPE, precision="fp16")
    learner = Learner(build(BERT, RESNET), examples, recipe)
    learner.precision.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**100, growth_interval=3)
    steps = learn(learner, 0, 1)
    assert math.isinf(steps[0].gradient_norm) or math.isnan(steps[0].gradient_norm)
    written(tmp_path / "state", learner, steps)
    other = Learner(build(BERT, RESNET), examples, recipe)
    state = checkpoints.read_checkpoint(tmp_path / "state", "one", other)
    assert other.precision.scaler.state_dict() == learner.precision.scaler.state_dict()
    assert other.precision.scaler.get_scale() == 2.0**99
    assert not math.isfinite(state.log.steps[0].gradient_norm)


def test_the_best_weights_and_their_epoch_come_back(examples, tmp_path):
    learner = Learner(build(BERT, RESNET), examples, RECIPE)
    best = weights(build(BERT, RESNET, seed=3))
    state = Checkpoint(TrainingLog(learn(learner, 0, 1), best_epoch=7), best)
    checkpoints.write_checkpoint(tmp_path / "state", "one", state, learner)
    read = checkpoints.read_checkpoint(tmp_path / "state", "one", learner)
    assert read.log.best_epoch == 7
    assert differing(read.best, best) == []


def test_epochs_come_back_to_the_last_digit(examples, tmp_path):
    log = fit(build(BERT, RESNET), examples, replace(RECIPE, epochs=2))
    learner = Learner(build(BERT, RESNET), examples, RECIPE)
    checkpoints.write_checkpoint(tmp_path / "state", "one", Checkpoint(log), learner)
    assert checkpoints.read_checkpoint(tmp_path / "state", "one", learner).log == log


def test_the_state_of_another_training_changes_nothing(examples, tmp_path):
    learner = Learner(build(BERT, RESNET), examples, RECIPE)
    written(tmp_path / "state", learner, learn(learner, 0, 1))
    other = Learner(build(BERT, RESNET, seed=9), examples, RECIPE)
    before = weights(other.model)
    assert checkpoints.read_checkpoint(tmp_path / "state", "another", other) is None
    assert differing(before, weights(other.model)) == []
    assert not other.optimizer.state


def test_a_file_is_whole_or_an_error_wherever_it_is_cut(examples, tmp_path):
    learner = Learner(build(BERT, RESNET), examples, RECIPE)
    file = tmp_path / "state"
    written(file, learner, learn(learner, 0, 1))
    whole, before = file.read_bytes(), weights(learner.model)
    for left in (0, 1, 7, 8, 100, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:left])
        with pytest.raises(ValueError, match=r"."):
            checkpoints.read_checkpoint(file, "one", learner)
        assert differing(before, weights(learner.model)) == []


@pytest.mark.parametrize("content", [b"", b"not a state", b"\xff" * 64])
def test_another_file_is_an_error(content, examples, tmp_path):
    (tmp_path / "state").write_bytes(content)
    learner = Learner(build(BERT, RESNET), examples, RECIPE)
    with pytest.raises(ValueError, match=r"."):
        checkpoints.read_checkpoint(tmp_path / "state", "one", learner)


def test_weights_that_are_no_training_state_are_an_error(examples, tmp_path):
    model = build(BERT, RESNET)
    model.save(tmp_path / "model")
    with pytest.raises(ValueError, match="training"):
        checkpoints.read_checkpoint(
            tmp_path / "model" / "model.safetensors", "one", Learner(model, examples, RECIPE)
        )


def test_another_format_is_an_error_that_names_both(examples, tmp_path, monkeypatch):
    learner = Learner(build(BERT, RESNET), examples, RECIPE)
    monkeypatch.setattr(checkpoints, "FORMAT", 99)
    written(tmp_path / "state", learner, [])
    monkeypatch.undo()
    with pytest.raises(ValueError, match="format 99, expected 1"):
        checkpoints.read_checkpoint(tmp_path / "state", "one", learner)


def test_what_is_done_takes_no_more_room_than_the_weights(examples, tmp_path):
    learner = Learner(build(BERT, RESNET), examples, RECIPE)
    steps = learn(learner, 0, 1)
    written(tmp_path / "state", learner, steps, best=weights(learner.model))
    written(tmp_path / "done", learner, steps, best=weights(learner.model), done=True)
    with safe_open(tmp_path / "done", framework="pt") as done:
        assert {name.split("/")[0] for name in done.keys()} == {"model"}  # noqa: SIM118
    sizes = [(tmp_path / name).stat().st_size for name in ("state", "done")]
    assert sizes[0] > 3 * sizes[1]
