import math

import pytest
import torch

from shopclip.dualencoder import CheckpointManager, Recipe, TrainingError, fit
from shopclip.dualencoder.learner import Learner
from shopclip.errors import ShopclipError
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT, build, differing, weights

RECIPE = Recipe(epochs=2, batch_size=16)


def parameters(model):
    """Copies; batch statistics are no part of them."""
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def broken_at(number, breaks, monkeypatch):
    """From this step on, what enters the loss or leaves it is broken; returns the weights then."""
    found = {}
    step = Learner.step

    def spy(self, batch, at):
        if at == number:
            found.update(parameters(self.model))
            breaks(self)
        return step(self, batch, at)

    monkeypatch.setattr(Learner, "step", spy)
    return found


def loss_times(factor):
    def breaks(learner):
        of = learner._loss.of
        learner._loss = learner._loss._replace(of=lambda *inputs: of(*inputs) * factor)

    return breaks


def infinite_gradient(learner):
    """As a gradient that overflows on its way back does; the loss itself is finite."""
    weight = learner.model.image.projection[1].weight
    weight.register_hook(lambda gradient: gradient * math.inf)


@pytest.mark.parametrize(
    ("breaks", "message"),
    [
        (loss_times(math.nan), r"the loss became nan at step 5 \(epoch 2\)"),
        (loss_times(math.inf), r"the loss became inf at step 5 \(epoch 2\)"),
        (infinite_gradient, r"the gradient norm became (inf|nan) at step 5 \(epoch 2\)"),
    ],
)
@pytest.mark.parametrize("micro_batch", [None, 5])
def test_divergence_stops_at_its_step_before_the_weights_are_touched(
    breaks, message, micro_batch, examples, monkeypatch
):
    model = build(GPT, VIT)
    before = broken_at(5, breaks, monkeypatch)
    recipe = Recipe(epochs=2, batch_size=16, micro_batch=micro_batch)
    with pytest.raises(TrainingError, match=message) as error:
        fit(model, examples, recipe)
    assert "lower the learning rates or lengthen warmup" in str(error.value)
    assert "state" not in str(error.value)
    assert differing(before, parameters(model)) == []
    assert all(weight.isfinite().all() for weight in model.parameters())


def test_divergence_names_the_last_good_state_which_is_finite(examples, tmp_path, monkeypatch):
    broken_at(5, loss_times(math.nan), monkeypatch)
    with pytest.raises(TrainingError, match="at step 5") as error:
        fit(
            build(BERT, RESNET),
            examples,
            RECIPE,
            checkpoint_manager=CheckpointManager(tmp_path, seconds=0),
        )
    last = tmp_path / "step_000000005.safetensors"
    assert f"the last good state is {last}" in str(error.value)
    monkeypatch.undo()
    model = build(BERT, RESNET)
    log = fit(model, examples, RECIPE, checkpoint_manager=CheckpointManager(tmp_path, seconds=0))
    assert len(log.steps) == 8
    assert all(value.isfinite().all() for value in weights(model).values())


def test_a_scaler_does_not_hide_a_loss_that_is_not_finite(examples, monkeypatch):
    model = build(GPT, VIT)
    before = broken_at(3, loss_times(math.nan), monkeypatch)
    with pytest.raises(TrainingError, match="the loss became nan at step 3"):
        fit(model, examples, Recipe(epochs=2, batch_size=16, precision="fp16"))
    assert differing(before, parameters(model)) == []


def test_a_scaler_does_not_skip_steps_for_ever(examples, monkeypatch):
    model = build(GPT, VIT)
    before = broken_at(5, infinite_gradient, monkeypatch)
    with pytest.raises(TrainingError, match=r"the gradient norm became (inf|nan) at step 1\d"):
        fit(model, examples, Recipe(epochs=20, batch_size=16, precision="fp16"))
    assert differing(before, parameters(model)) == []


def step_that_raises(error, monkeypatch):
    def breaks(*_):
        raise error

    monkeypatch.setattr(Learner, "step", breaks)


OUT_OF_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    MemoryError(),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=["cuda", "cpu", "python"])
@pytest.mark.parametrize(
    ("micro_batch", "at_once", "remedy"), [(None, 16, 8), (6, 6, 3), (99, 16, 8)]
)
def test_out_of_memory_says_how_to_need_less(
    error, micro_batch, at_once, remedy, examples, monkeypatch
):
    step_that_raises(error, monkeypatch)
    recipe = Recipe(epochs=2, batch_size=16, micro_batch=micro_batch)
    with pytest.raises(TrainingError) as told:
        fit(build(BERT, RESNET), examples, recipe)
    assert f"out of memory with batch_size 16, {at_once} examples at once" in str(told.value)
    assert f"micro_batch to {remedy} or less" in str(told.value)
    assert "with which the training starts again" in str(told.value)
    assert told.value.__cause__ is error


def test_out_of_memory_counts_the_examples_there_are(examples, monkeypatch):
    step_that_raises(OUT_OF_MEMORY[0], monkeypatch)
    with pytest.raises(TrainingError, match="batch_size 64, 64 examples at once"):
        fit(build(BERT, RESNET), examples, Recipe(epochs=1, batch_size=5000))


def test_torch_itself_runs_out_of_memory_in_these_words():
    with pytest.raises((RuntimeError, torch.OutOfMemoryError)) as error:
        torch.empty(2**60, dtype=torch.uint8)
    assert "can't allocate memory" in str(error.value)


@pytest.mark.parametrize("error", [RuntimeError("shapes do not match"), KeyError("a bug")])
def test_any_other_error_passes_through(error, examples, monkeypatch):
    step_that_raises(error, monkeypatch)
    with pytest.raises(type(error)) as told:
        fit(build(BERT, RESNET), examples, RECIPE)
    assert told.value is error


def test_an_interruption_passes_through_and_leaves_a_state(examples, tmp_path, monkeypatch):
    def breaks(_):
        raise KeyboardInterrupt

    broken_at(3, breaks, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        fit(
            build(BERT, RESNET),
            examples,
            RECIPE,
            checkpoint_manager=CheckpointManager(tmp_path, seconds=0),
        )
    assert (tmp_path / "step_000000003.safetensors").exists()


def test_patience_without_validation_examples_is_refused_before_anything_runs(examples):
    model = build(BERT, RESNET)
    before = weights(model)
    with pytest.raises(TrainingError, match=r"splits.validation, or patience to null"):
        fit(model, examples, Recipe(epochs=2, patience=1))
    assert differing(before, weights(model)) == []


def test_an_error_of_training_is_one_line_for_a_user():
    assert issubclass(TrainingError, ShopclipError)
