"""Train with several processes of this machine: torch's own elastic launcher, from inside a node.

It starts every worker with `spawn`, so that none runs the caller's program again.
"""

from __future__ import annotations

import uuid
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import torch

from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.parallel import job as jobs
from shopclip.dualencoder.parallel.job import LostWorkerError, Options, TrainingJob
from shopclip.dualencoder.parallel.process_group import joined, signals_given_back
from shopclip.dualencoder.recipe import Recipe
from shopclip.dualencoder.training_errors import TrainingError
from shopclip.dualencoder.training_log import TrainingLog

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

REMEDY = (
    ". A signal 9 that nobody sent is the system's, for want of memory: take fewer "
    "training.workers or a smaller micro_batch"
)


def fit_on_workers(
    model: DualEncoder,
    examples: Examples,
    recipe: Recipe,
    *,
    count: int,
    **options: Unpack[Options],
) -> TrainingLog:
    """`fit` by `count` processes, each on a GPU of its own, or on its share of the CPU's cores.

    Raises:
        TrainingError: that of a worker; or a worker died, and then the message says how to go on.
        BusyError: another process trains in the folder of `checkpoint_manager`.
    """
    cuda = torch.device(options.get("device", "cpu")).type == "cuda"
    if cuda and torch.cuda.device_count() < count:
        raise TrainingError(
            f"training.workers is {count}, but this machine has {torch.cuda.device_count()} GPUs; "
            "set it to as many, or training.device to cpu"
        )
    return jobs.delegate(partial(_launch, count), model, examples, recipe, options)


def _launch(count: int, _: TrainingJob, folder: Path) -> None:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=count,
        max_restarts=0,
        start_method="spawn",
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",
        run_id=uuid.uuid4().hex,
    )
    try:
        with signals_given_back():
            elastic_launch(config, work)(str(folder))
    except ChildFailedError as error:
        raise LostWorkerError(_first_to_die(error), REMEDY) from error


def work(folder: str) -> None:
    """What each process does; its place among the others stands in its environment."""
    with joined(TrainingJob.read(Path(folder)).device) as workers:
        jobs.carry_out(Path(folder), workers)


def _first_to_die(error: ChildFailedError) -> str:
    # Those that lose a worker fail as well, in a connection; what killed the first one is a signal.
    rank, failure = min(error.failures.items(), key=lambda ranked: ranked[1].exitcode)
    return f"training worker {rank} died: {failure.message}"
