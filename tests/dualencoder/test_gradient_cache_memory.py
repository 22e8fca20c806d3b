"""An effective batch of thousands in the memory of dozens, counted in bytes kept for backward."""

import weakref

import numpy as np
import pytest
import torch

from shopclip.dualencoder import Examples, Recipe
from shopclip.dualencoder.learner import Learner
from tests.conftest import noise
from tests.dualencoder.conftest import BERT, COLOURS, VIT, build


class Kept:
    """A tensor that autograd keeps for the backward pass."""

    def __init__(self, tensor):
        self.tensor = tensor


class Meter:
    """Bytes that are alive in a graph, and the most that ever were."""

    def __init__(self, apart=frozenset()):
        self.alive = self.peak = 0
        self._apart = apart

    def __enter__(self):
        self._hooks = torch.autograd.graph.saved_tensors_hooks(self._pack, lambda kept: kept.tensor)
        self._hooks.__enter__()

    def __exit__(self, *error):
        self._hooks.__exit__(*error)

    def _pack(self, tensor):
        kept = Kept(tensor)
        if tensor.untyped_storage().data_ptr() not in self._apart:
            self._add(tensor.nbytes)
            weakref.finalize(kept, self._add, -tensor.nbytes)
        return kept

    def _add(self, count):
        self.alive += count
        self.peak = max(self.peak, self.alive)


def metered(part, meter, monkeypatch):
    forward = part.forward

    def within(*inputs):
        with meter:
            return forward(*inputs)

    monkeypatch.setattr(part, "forward", within)


def peaks(batch, micro_batch, monkeypatch):
    """The most bytes that a step keeps of its towers, and of the loss over their embeddings."""
    images, numbers = noise(16, 24, 16), np.arange(batch)
    captions = tuple(f"a {colour} shirt" for colour in COLOURS)
    examples = Examples(images, numbers % 16, numbers % 4, captions)
    model = build(BERT, VIT)
    weights = frozenset(weight.untyped_storage().data_ptr() for weight in model.parameters())
    towers, loss = Meter(weights), Meter(weights)
    metered(model.image, towers, monkeypatch)
    metered(model.text, towers, monkeypatch)
    metered(model.temperature, loss, monkeypatch)
    recipe = Recipe(batch_size=batch, micro_batch=micro_batch, crop=1, flip=False)
    learner = Learner(model, examples, recipe)
    ((number, taken),) = learner.batches(0, 1)
    learner._loss = learner._loss._replace(of=_within(loss, learner._loss.of))
    learner.step(taken, number)
    assert (towers.alive, loss.alive) == (0, 0)
    return towers.peak, loss.peak


def _within(meter, of):
    def metered_loss(logits, caption_ids):
        with meter:
            return of(logits, caption_ids)

    return metered_loss


def test_4096_examples_keep_no_more_of_the_towers_than_64_do(monkeypatch):
    plain, _ = peaks(64, None, monkeypatch)
    cached, of_loss = peaks(4096, 64, monkeypatch)
    assert 0.4 * plain < cached <= plain
    matrix = 4096**2 * 4
    assert of_loss < 8 * matrix  # batch × batch, which no micro-batch makes smaller


@pytest.mark.parametrize("batch", [128, 256])
def test_without_micro_batches_the_towers_keep_as_much_as_the_batch_is_large(batch, monkeypatch):
    plain, _ = peaks(64, None, monkeypatch)
    whole, _ = peaks(batch, None, monkeypatch)
    assert whole / plain == pytest.approx(batch / 64, rel=0.05)
