"""A training in a folder, for processes that share no memory with the one that asks for it.

What is large goes by path: the pictures stay in their store, which every worker maps.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from shopclip.dualencoder import checkpoint
from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.parallel import examples_folder
from shopclip.dualencoder.parallel.workers import Workers
from shopclip.dualencoder.recipe import Recipe
from shopclip.dualencoder.resumption import Resumption
from shopclip.dualencoder.training import fit
from shopclip.dualencoder.training_log import Epoch, Step, TrainingLog
from shopclip.errors import ShopclipError


@dataclass(frozen=True)
class TrainingJob:
    """The arguments of `fit` that are not data.

    Attributes:
        states: folder of the states that a killed training goes on from; None keeps none.
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
    def of(
        cls,
        recipe: Recipe,
        seed: int,
        device: torch.device | str,
        title: str,
        resumption: Resumption | None,
        cache: Path | None,
    ) -> TrainingJob:
        return cls(
            recipe=recipe, seed=seed, device=torch.device(device).type, title=title,
            states=str(resumption.folder.absolute()) if resumption else None,
            seconds=resumption.seconds if resumption else 0.0,
            cache=str(cache.absolute()) if cache else None,
        )  # fmt: skip

    @classmethod
    def read(cls, folder: Path) -> TrainingJob:
        facts = json.loads((folder / "job.json").read_text())
        return cls(**{**facts, "recipe": Recipe(**facts["recipe"])})

    def write(
        self, folder: Path, model: DualEncoder, examples: Examples, validation: Examples | None
    ) -> None:
        """Lay the job and its data down in an empty folder."""
        checkpoint.save(model, folder / "model")
        examples_folder.write(examples, folder / "examples")
        if validation:
            examples_folder.write(validation, folder / "validation")
        (folder / "job.json").write_text(json.dumps(asdict(self)))


@contextmanager
def job_folder(resumption: Resumption | None) -> Iterator[Path]:
    """An empty folder, beside the training states where there are any: all workers can read those.

    Raises:
        BusyError: another process trains in that folder.
    """
    if resumption:
        with resumption.locked():
            for left in resumption.folder.glob(".job_*"):  # by a run that was killed
                shutil.rmtree(left, ignore_errors=True)
    beside = resumption.folder.absolute() if resumption else None
    with tempfile.TemporaryDirectory(prefix=".job_", dir=beside) as folder:
        yield Path(folder)


def carry_out(folder: Path, workers: Workers) -> None:
    """Do the job that lies in a folder, as one of its workers; the first leaves the result there.

    What goes wrong is left there as well, as `error.txt`: launchers wrap exceptions.
    """
    job, validation = TrainingJob.read(folder), folder / "validation"
    model = checkpoint.load(folder / "model")
    try:
        log = fit(
            model, examples_folder.read(folder / "examples"), job.recipe, seed=job.seed,
            validation=examples_folder.read(validation) if validation.is_dir() else None,
            device=_own(job.device), workers=workers, title=job.title,
            resumption=Resumption(Path(job.states), seconds=job.seconds) if job.states else None,
            cache=Path(job.cache) if job.cache else None,
        )  # fmt: skip
    except ShopclipError as error:
        (folder / "error.txt").write_text(str(error))
        raise
    if workers.first:
        checkpoint.save(model, folder / "trained")
        (folder / "log.json").write_text(json.dumps(asdict(log)))


def collect(folder: Path, model: DualEncoder) -> TrainingLog:
    """Give the model the weights that `carry_out` left; returns the log."""
    model.load_state_dict(checkpoint.load(folder / "trained").state_dict())
    facts = json.loads((folder / "log.json").read_text())
    return TrainingLog(
        [Step(**row) for row in facts["steps"]],
        [Epoch(**row) for row in facts["epochs"]],
        facts["best_epoch"],
    )


def _own(device: str) -> str:
    """A GPU for each worker: the one that its launcher has made current."""
    return f"cuda:{torch.cuda.current_device()}" if device == "cuda" else device
