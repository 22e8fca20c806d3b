"""Train by workers that Ray Train places on a cluster."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Unpack

from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.parallel import job as jobs
from shopclip.dualencoder.parallel.job import LostWorkerError, Options, TrainingJob
from shopclip.dualencoder.parallel.workers import Workers
from shopclip.dualencoder.recipe import Recipe
from shopclip.dualencoder.training_log import TrainingLog
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
            told = str(error).strip().split("\n")[-1]
            raise ClusterError(f"the Ray cluster did not finish its work: {told}") from error


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


def fit_on_ray(
    model: DualEncoder,
    examples: Examples,
    recipe: Recipe,
    *,
    count: int,
    address: str | None = None,
    **options: Unpack[Options],
) -> TrainingLog:
    """`fit` by `count` workers of the cluster at `address`, each with a GPU or a CPU of it.

    The folders of the image store, of `resumption` and of `cache` are those of a file system that
    all its machines share.

    Raises:
        TrainingError: that of a worker; or the cluster lost one, and the message says how to go on.
        BusyError: another process trains in the folder of `resumption`.
        ClusterError: there is no such cluster, or no Ray.
    """
    with connected(address, least_cpus=count):
        return jobs.delegate(partial(_launch, count), model, examples, recipe, options)


def _launch(count: int, job: TrainingJob, folder: Path) -> None:
    from ray.train import RunConfig, ScalingConfig
    from ray.train.base_trainer import TrainingFailedError
    from ray.train.torch import TorchConfig, TorchTrainer

    cuda = job.device == "cuda"
    trainer = TorchTrainer(
        work,
        train_loop_config={"folder": str(folder)},
        torch_config=TorchConfig(backend="nccl" if cuda else "gloo"),
        scaling_config=ScalingConfig(num_workers=count, use_gpu=cuda),
        run_config=RunConfig(name="shopclip", storage_path=str(folder / "ray")),
    )
    try:
        trainer.fit()
    except TrainingFailedError as error:
        raise LostWorkerError(f"a Ray worker failed: {error}") from error


def work(config: dict[str, Any]) -> None:
    """What each worker does, in the process group that Ray Train has made."""
    jobs.carry_out(Path(config["folder"]), Workers.of_process_group())
