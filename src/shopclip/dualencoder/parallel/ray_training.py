"""Train by workers that Ray Train places on a cluster."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Unpack

from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.parallel import job as jobs
from shopclip.dualencoder.parallel.job import LostWorkerError, Options, TrainingJob
from shopclip.dualencoder.parallel.ray_cluster import connected
from shopclip.dualencoder.parallel.workers import Workers
from shopclip.dualencoder.recipe import Recipe
from shopclip.dualencoder.training_log import TrainingLog


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

    The folders of the image store, of `checkpoint_manager` and of `cache` are those of a file
    system that all its machines share.

    Raises:
        TrainingError: that of a worker; or the cluster lost one, and the message says how to go on.
        BusyError: another process trains in the folder of `checkpoint_manager`.
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
