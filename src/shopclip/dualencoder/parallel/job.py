"""A training in a folder, for processes that share no memory with the one that asks for it.

What is large goes by path: the pictures stay in their store, which every worker maps.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict

import torch

from shopclip.dualencoder import model_files
from shopclip.dualencoder.checkpoints import CheckpointManager
from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.parallel import examples_folder
from shopclip.dualencoder.parallel.workers import Workers
from shopclip.dualencoder.recipe import Recipe
from shopclip.dualencoder.training import fit
from shopclip.dualencoder.training_errors import TrainingError
from shopclip.dualencoder.training_log import TrainingLog
from shopclip.errors import ShopclipError


class Options(TypedDict, total=False):
    """The options of `fit` that a job takes as well."""

    validation: Examples | None
    seed: int
    device: torch.device | str
    checkpoint_manager: CheckpointManager | None
    cache: Path | None
    title: str


@dataclass(frozen=True)
class TrainingJob:
    """The arguments of `fit` that are not data.

    Attributes:
        states: folder of the states that a killed training resumes from; None keeps none.
        seconds: least time between two of them.
    """

    recipe: Recipe
    seed: int
    device: str
    title: str
    states: str | None
    seconds: float
    cache: str | None

    @classmethod
    def of(cls, recipe: Recipe, options: Options) -> TrainingJob:
        checkpoint_manager, cache = options.get("checkpoint_manager"), options.get("cache")
        return cls(
            recipe=recipe,
            seed=options.get("seed", 0),
            title=options.get("title", "training"),
            device=torch.device(options.get("device", "cpu")).type,
            states=str(checkpoint_manager.folder.absolute()) if checkpoint_manager else None,
            seconds=checkpoint_manager.seconds if checkpoint_manager else 0.0,
            cache=str(cache.absolute()) if cache else None,
        )

    @classmethod
    def read(cls, folder: Path) -> TrainingJob:
        facts = json.loads((folder / "job.json").read_text())
        return cls(**{**facts, "recipe": Recipe(**facts["recipe"])})

    def write(
        self, folder: Path, model: DualEncoder, examples: Examples, validation: Examples | None
    ) -> None:
        """Lay the job and its data down in an empty folder."""
        model_files.save(model, folder / "model")
        examples_folder.write(examples, folder / "examples")
        if validation:
            examples_folder.write(validation, folder / "validation")
        (folder / "job.json").write_text(json.dumps(asdict(self)))


def delegate(
    launch: Callable[[TrainingJob, Path], None],
    model: DualEncoder,
    examples: Examples,
    recipe: Recipe,
    options: Options,
) -> TrainingLog:
    """`fit` by processes that `launch` starts for a job in a folder, and waits for.

    Raises:
        TrainingError: that of a worker; or, of what `launch` raises as a LostWorkerError, one that
            says how to go on.
        BusyError: another process trains in the folder of `checkpoint_manager`.
    """
    job, checkpoint_manager = TrainingJob.of(recipe, options), options.get("checkpoint_manager")
    with job_folder(checkpoint_manager) as folder:
        job.write(folder, model, examples, options.get("validation"))
        try:
            launch(job, folder)
        except LostWorkerError as error:
            told = folder / "error.txt"
            raise TrainingError(
                told.read_text("utf-8") if told.is_file() else error.told(checkpoint_manager)
            ) from error
        return collect(folder, model)


class LostWorkerError(Exception):
    """A launcher has lost a worker: `died` says how, and `remedy` what may be done about it."""

    def __init__(self, died: str, remedy: str = "") -> None:
        super().__init__(died, remedy)
        self.died, self.remedy = died, remedy

    def told(self, checkpoint_manager: CheckpointManager | None) -> str:
        """With the state from which the same training goes on."""
        last = checkpoint_manager.last() if checkpoint_manager else None
        goes_on = f"; run the same again, and it resumes from {last}" if last else ""
        return f"{self.died}{goes_on}{self.remedy}"


@contextmanager
def job_folder(checkpoint_manager: CheckpointManager | None) -> Iterator[Path]:
    """An empty folder, beside the training states where there are any: all workers can read those.

    Raises:
        BusyError: another process trains in that folder.
    """
    if checkpoint_manager:
        with checkpoint_manager.locked():
            for left in checkpoint_manager.folder.glob(".job_*"):  # by a run that was killed
                shutil.rmtree(left, ignore_errors=True)
    beside = checkpoint_manager.folder.absolute() if checkpoint_manager else None
    with tempfile.TemporaryDirectory(prefix=".job_", dir=beside) as folder:
        yield Path(folder)


def carry_out(folder: Path, workers: Workers) -> None:
    """Do the job that lies in a folder, as one of its workers; the first leaves the result there.

    What goes wrong is left there as well, as `error.txt`: launchers wrap exceptions.
    """
    job, validation = TrainingJob.read(folder), folder / "validation"
    model = model_files.load(folder / "model")
    try:
        log = fit(
            model,
            examples_folder.read(folder / "examples"),
            job.recipe,
            seed=job.seed,
            validation=examples_folder.read(validation) if validation.is_dir() else None,
            device=_own(job.device),
            workers=workers,
            title=job.title,
            checkpoint_manager=CheckpointManager(Path(job.states), seconds=job.seconds)
            if job.states
            else None,
            cache=Path(job.cache) if job.cache else None,
        )
    except ShopclipError as error:
        (folder / "error.txt").write_text(str(error), "utf-8")
        raise
    if workers.is_main:
        model_files.save(model, folder / "trained")
        (folder / "log.json").write_text(json.dumps(log.to_rows()))


def collect(folder: Path, model: DualEncoder) -> TrainingLog:
    """Give the model the weights that `carry_out` left; returns the log."""
    trained = model_files.load(folder / "trained")
    model.load_state_dict(trained.state_dict())
    model.interpolations = trained.interpolations
    return TrainingLog.of_rows(json.loads((folder / "log.json").read_text()))


def _own(device: str) -> str:
    """A GPU for each worker: the one that its launcher has made current."""
    return f"cuda:{torch.cuda.current_device()}" if device == "cuda" else device
