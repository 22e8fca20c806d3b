"""What can go wrong while training, said so that it can be fixed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from shopclip.dualencoder.checkpoints import CheckpointManager
from shopclip.dualencoder.recipe import Recipe
from shopclip.errors import ShopclipError


class TrainingError(ShopclipError):
    """Training cannot start or cannot go on."""


@contextmanager
def explained(
    recipe: Recipe, batch_size: int, checkpoint_manager: CheckpointManager | None
) -> Iterator[None]:
    """Turn what training raises into a TrainingError with a remedy."""
    try:
        yield
    except FloatingPointError as error:
        raise TrainingError(_diverged(error, checkpoint_manager)) from error
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise TrainingError(_out_of_memory(recipe, batch_size)) from error
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):  # torch has no class for it on the CPU
            raise
        raise TrainingError(_out_of_memory(recipe, batch_size)) from error


def _diverged(error: FloatingPointError, checkpoint_manager: CheckpointManager | None) -> str:
    last = checkpoint_manager.last() if checkpoint_manager else None
    saved = f"; the last good state is {last}" if last else ""
    return f"{error}; lower the learning rates or lengthen warmup{saved}"


def _out_of_memory(recipe: Recipe, batch_size: int) -> str:
    at_once = min(recipe.micro_batch or batch_size, batch_size)
    smaller = (
        f"training.recipe.micro_batch to {at_once // 2} or less (gradient caching: still contrasts "
        "the whole batch, in the memory of a micro-batch), or "
    )
    return (
        f"out of memory with batch_size {batch_size}, {at_once} examples at once; set "
        f"{smaller if at_once > 1 else ''}precision to bf16, or gradient_checkpointing to true, or "
        "lower batch_size; any of these is another recipe, with which the training starts again"
    )
