"""Train by workers that Ray Train places on a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.parallel import job as jobs
from shopclip.dualencoder.parallel.job import TrainingJob
from shopclip.dualencoder.parallel.ray_cluster import connected
from shopclip.dualencoder.parallel.workers import Workers
from shopclip.dualencoder.recipe import Recipe
from shopclip.dualencoder.resumption import Resumption
from shopclip.dualencoder.training_errors import TrainingError
from shopclip.dualencoder.training_log import TrainingLog


def fit_on_ray(
    model: DualEncoder,
    examples: Examples,
    recipe: Recipe,
    *,
    count: int,
    address: str | None = None,
    validation: Examples | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    resumption: Resumption | None = None,
    cache: Path | None = None,
    title: str = "training",
) -> TrainingLog:
    """`fit` by `count` workers of the cluster at `address`, each with a GPU or a CPU of it.

    The folders of the image store, of `resumption` and of `cache` are those of a file system that
    all its machines share.

    Raises:
        TrainingError: that of a worker; or the cluster lost one, and the message says how to go on.
        BusyError: another process trains in the folder of `resumption`.
        ClusterError: there is no such cluster, or no Ray.
    """
    job = TrainingJob.of(recipe, seed, device, title, resumption, cache)
    with connected(address, least_cpus=count), jobs.job_folder(resumption) as folder:
        job.write(folder, model, examples, validation)
        _run(folder, count, job.device, resumption)
        return jobs.collect(folder, model)


def _run(folder: Path, count: int, device: str, resumption: Resumption | None) -> None:
    from ray.train import RunConfig, ScalingConfig
    from ray.train.base_trainer import TrainingFailedError
    from ray.train.torch import TorchConfig, TorchTrainer

    trainer = TorchTrainer(
        work,
        train_loop_config={"folder": str(folder)},
        torch_config=TorchConfig(backend="nccl" if device == "cuda" else "gloo"),
        scaling_config=ScalingConfig(num_workers=count, use_gpu=device == "cuda"),
        run_config=RunConfig(name="shopclip", storage_path=str(folder / "ray")),
    )
    try:
        trainer.fit()
    except TrainingFailedError as error:
        told = folder / "error.txt"
        last = resumption.last() if resumption else None
        goes_on = f"; run the same again, and it goes on from {last}" if last else ""
        raise TrainingError(
            told.read_text() if told.is_file() else f"a Ray worker failed: {error}{goes_on}"
        ) from error


def work(config: dict[str, Any]) -> None:
    """What each worker does, in the process group that Ray Train has made."""
    jobs.carry_out(Path(config["folder"]), Workers.of_process_group())
