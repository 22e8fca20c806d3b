"""Exact gradients of a contrastive loss over a batch whose activations do not fit in memory.

Plain gradient accumulation contrasts every micro-batch with itself alone. Gradient caching (Gao et
al. 2021, Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup) contrasts the
whole batch: embed it without activations, take the gradient of the loss by the embeddings, then
embed each micro-batch again and pass its part of that gradient on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

Inputs = tuple[Tensor, ...]


class Side(NamedTuple):
    """One tower, and what of the batch goes through it."""

    embed: Callable[..., Tensor]
    inputs: Inputs


def backward(
    sides: tuple[Side, Side],
    loss_of: Callable[[Tensor, Tensor], Tensor],
    *,
    micro_batch: int | None,
    scale: Callable[[Tensor], Tensor],
    model: nn.Module,
) -> Tensor:
    """Leave the gradients of the batch in the model's parameters.

    A tower with batch normalisation normalises over a micro-batch, and so is only close to what
    the whole batch would give; any other tower gives the same to numerical tolerance.

    Args:
        sides: the image tower's and the text tower's.
        loss_of: (image embeddings, text embeddings) → loss.
        micro_batch: examples a forward pass; None takes all at once.
        scale: applied to the loss before its gradient is taken.

    Returns:
        The loss, without gradient.
    """
    size = len(sides[0].inputs[0])
    if micro_batch is None or micro_batch >= size:
        loss = loss_of(*(side.embed(*side.inputs) for side in sides))
        scale(loss).backward()
        return loss.detach()
    with torch.no_grad(), _statistics_kept(model):
        passes = [
            [(_Random.now(), side.embed(*part)) for part in _parts(side, micro_batch)]
            for side in sides
        ]
    embeddings = [torch.cat([part for _, part in parts]).requires_grad_() for parts in passes]
    loss = loss_of(*embeddings)
    scale(loss).backward()
    for side, parts, embedding in zip(sides, passes, embeddings, strict=True):
        assert embedding.grad is not None
        gradients = embedding.grad.split(micro_batch)
        for inputs, (random, _), gradient in zip(
            _parts(side, micro_batch), parts, gradients, strict=True
        ):
            random.again()  # the same dropout as in the first pass
            side.embed(*inputs).backward(gradient)
    return loss.detach()


def _parts(side: Side, size: int) -> Iterator[Inputs]:
    return zip(*(whole.split(size) for whole in side.inputs), strict=True)


class _Random(NamedTuple):
    """The state of torch's global generators."""

    cpu: Tensor
    cuda: Tensor | None

    @classmethod
    def now(cls) -> _Random:
        cuda = torch.cuda.get_rng_state() if torch.cuda.is_initialized() else None
        return cls(torch.get_rng_state(), cuda)

    def again(self) -> None:
        torch.set_rng_state(self.cpu)
        if self.cuda is not None:
            torch.cuda.set_rng_state(self.cuda)


@contextmanager
def _statistics_kept(model: nn.Module) -> Iterator[None]:
    """Let batch normalisation see the batch without adding it to its running statistics."""
    norms = [part for part in model.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)]
    tracked = [norm.track_running_stats for norm in norms]
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm, was in zip(norms, tracked, strict=True):
            norm.track_running_stats = was
