"""A Ray cluster: one that runs already, or one that lasts as long as it is needed."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from shopclip.errors import ShopclipError


class ClusterError(ShopclipError):
    """Ray is not installed, or its cluster cannot be reached or does not finish."""


@contextmanager
def connected(address: str | None, *, least_cpus: int = 1) -> Iterator[None]:
    """Be a client of the cluster at an address; None starts one on this machine.

    A connection that is there already is used, and left as it is.

    Args:
        least_cpus: those that a cluster on this machine offers at least, real or not.

    Raises:
        ClusterError: there is no Ray, or no cluster at that address.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would tell its makers
    if address is None:
        os.environ.setdefault("RAY_TRAIN_ENABLE_PREEMPTION_WATCHER", "0")  # there is no other one
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ClusterError("engine.kind is ray, which takes: pip install -e '.[ray]'") from error
    with _joined(address, least_cpus):
        try:
            yield
        except ray.exceptions.RayError as error:
            message = str(error).strip().split("\n")[-1]
            raise ClusterError(f"the Ray cluster did not finish its work: {message}") from error


@contextmanager
def _joined(address: str | None, least_cpus: int) -> Iterator[None]:
    import ray

    if ray.is_initialized():
        yield
        return
    cpus = None if address else max(least_cpus, os.cpu_count() or 1)
    try:
        ray.init(
            address=address or "local",
            num_cpus=cpus,
            logging_level=logging.ERROR,
            logging_config=ray.LoggingConfig(log_level="ERROR"),  # of its workers
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ClusterError(
            f"no Ray cluster at engine.address {address} ({error}); start one there with `ray "
            "start --head`, or set it to null for one on this machine"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()
