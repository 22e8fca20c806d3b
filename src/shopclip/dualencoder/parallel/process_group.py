"""The process group of a worker, and the signals that end it."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist

from shopclip.dualencoder.parallel.workers import Workers

TAKEN = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)  # by the launcher


@contextmanager
def signals_given_back() -> Iterator[None]:
    """Let an interruption be one again, and no error that a caller may catch or take for a failure.

    The launcher takes these signals in the main thread, raises an Exception of its own when one
    comes, and keeps them when it has ended.
    """
    from torch.distributed.elastic.multiprocessing import SignalException

    before = {number: signal.getsignal(number) for number in TAKEN}
    try:
        yield
    except SignalException as error:
        if error.sigval == signal.SIGINT:
            raise KeyboardInterrupt from error
        raise SystemExit(128 + error.sigval) from error
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is not handler:
                signal.signal(number, handler)


WAIT = timedelta(hours=2)  # of a worker for another, which may be writing or caching features


@contextmanager
def joined(device: str) -> Iterator[Workers]:
    """The workers that this process belongs to by its environment, which torchrun has set.

    Each has a GPU of its own, or its share of the machine's cores. One alone without a launcher.

    Args:
        device: cuda or cpu.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Workers()
        return
    local_rank, local_world_size = (
        int(os.environ["LOCAL_RANK"]),
        int(os.environ["LOCAL_WORLD_SIZE"]),
    )
    if device == "cuda":
        torch.cuda.set_device(local_rank)
    else:
        _keep_to_own_cores(local_rank, local_world_size)
    dist.init_process_group("nccl" if device == "cuda" else "gloo", timeout=WAIT)
    workers = Workers.of_process_group()
    if not workers.is_main:
        logging.disable(logging.INFO)  # the first one has said it
    try:
        yield workers
    finally:
        dist.destroy_process_group()


def _keep_to_own_cores(local_rank: int, local_world_size: int) -> None:
    """Workers that wander from core to core wait for each other at every step."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if own := cores[local_rank::local_world_size]:
            os.sched_setaffinity(0, own)
        torch.set_num_threads(max(1, len(own)))
    else:
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // local_world_size))
