"""The processes that train one model together, each on its part of every batch.

A batch is the same whatever their number: they divide its examples, contrast all of them, and add
up their gradients, so that every worker makes the step that one alone would have made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

BUCKET = 1 << 23  # numbers that are added up at once: few messages, little memory

T = TypeVar("T")
Sliceable = TypeVar("Sliceable", bound=Any)


@dataclass(frozen=True)
class BatchShard:
    """Which examples of a batch are a worker's: `start` to `stop` of `size`."""

    start: int
    stop: int
    size: int

    @classmethod
    def whole(cls, size: int) -> BatchShard:
        return cls(0, size, size)

    def of(self, batch: Sliceable) -> Sliceable:
        """Of anything that has a row an example."""
        return batch[self.start : self.stop]


@dataclass(frozen=True)
class Workers:
    """All of them, seen by one.

    Attributes:
        rank: this one's number, from 0; the first alone writes and reports.
        world_size: how many there are.
    """

    rank: int = 0
    world_size: int = 1

    @classmethod
    def of_process_group(cls) -> Workers:
        """Those of torch's default process group; one alone where there is none."""
        if not (dist.is_available() and dist.is_initialized()):
            return cls()
        return cls(dist.get_rank(), dist.get_world_size())

    @property
    def is_main(self) -> bool:
        return self.rank == 0

    def shard(self, size: int) -> BatchShard:
        """This worker's shard of a batch, which they share equally."""
        share = size // self.world_size
        return BatchShard(self.rank * share, (self.rank + 1) * share, size)

    def all_gather(self, own: Tensor) -> Tensor:
        """The parts of all, in their order, with gradient: float (n, …) → (world_size × n, …)."""
        return own if self.world_size == 1 else _Gather.apply(own, self)  # type: ignore[no-any-return]

    def all_reduce_number(self, own: float) -> float:
        """The sum over all workers."""
        return float(self.all_reduce(torch.tensor(own, dtype=torch.float64, device=self._device())))

    def all_reduce(self, own: Tensor) -> Tensor:
        """The sum over all workers, which takes the place of what is this one's."""
        if self.world_size > 1:
            dist.all_reduce(own)
        return own

    def all_reduce_gradients(self, model: nn.Module) -> None:
        """Replace every gradient by its sum over all workers."""
        if self.world_size == 1:
            return
        bucket: list[Tensor] = []
        numbers = 0
        for gradient in [part.grad for part in model.parameters() if part.grad is not None]:
            bucket.append(gradient)
            numbers += gradient.numel()
            if numbers >= BUCKET:
                _add_up(bucket)
                bucket, numbers = [], 0
        _add_up(bucket)

    def broadcast(self, decision: Callable[[], T]) -> T:
        """What the first worker's call returns, for all of them."""
        if self.world_size == 1:
            return decision()
        decided = [decision() if self.is_main else None]
        dist.broadcast_object_list(decided, device=self._device())
        return decided[0]  # type: ignore[return-value]

    @contextmanager
    def main_process_first(self) -> Iterator[None]:
        """The first worker goes through alone, and then the others, who find what it has left."""
        if self.world_size > 1 and not self.is_main:
            dist.barrier()
        yield
        if self.world_size > 1 and self.is_main:
            dist.barrier()

    def _device(self) -> torch.device:
        """NCCL moves nothing but memory of the GPU."""
        nccl = self.world_size > 1 and dist.get_backend() == "nccl"
        return torch.device("cuda", torch.cuda.current_device()) if nccl else torch.device("cpu")


class _Gather(torch.autograd.Function):
    """all_gather, whose gradient is the sum of what all workers ask of this one's part."""

    @staticmethod
    def forward(context: Any, own: Tensor, workers: Workers) -> Tensor:
        context.workers, context.size = workers, len(own)
        own = own.contiguous()
        parts = [torch.empty_like(own) for _ in range(workers.world_size)]
        dist.all_gather(parts, own)
        return torch.cat(parts)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        total = gradients[0].contiguous()
        dist.all_reduce(total)
        start = context.workers.rank * context.size
        return total[start : start + context.size], None


def _add_up(gradients: list[Tensor]) -> None:
    if not gradients:
        return
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    dist.all_reduce(flat)
    for gradient, total in zip(
        gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True
    ):
        gradient.copy_(total.view(gradient.shape))
