"""The model of a row of the record: trained, or made of other rows' models."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from omegaconf import OmegaConf
from torch.utils.flop_counter import FlopCounterMode

from record_track import Track
from shopclip.dualencoder import (
    CheckpointManager,
    DualEncoder,
    Ensemble,
    Examples,
    TrainingLog,
    fit,
)
from shopclip.dualencoder.devices import DTYPES, Precision, choose_device
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.teacher import with_teacher
from shopclip.parameters import ImageParameters, Pair, TrainingParameters
from shopclip.parameters.loader import ConfigLoader
from shopclip.parameters.pairs import build_towers
from shopclip.settings import CONFIG_LOADER_ARGS

ROOT = Path(__file__).parents[1]
SQUARE = 2048  # rows of the matrices whose product measures the machine's own peak

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Settings:
    """A pair with what trains it, as an environment and the command line have it."""

    pair: Pair
    training: TrainingParameters
    images: ImageParameters

    @classmethod
    def read(cls, env: str, pair: str, changes: Sequence[str]) -> Settings:
        """Pair and recipe of an environment.

        Args:
            changes: `key=value` below the pair.
        """
        loader = ConfigLoader(str(ROOT / "conf"), env=env, **CONFIG_LOADER_ARGS)
        parameters = loader["parameters"]
        changed = OmegaConf.merge(parameters["pairs"][pair], OmegaConf.from_dotlist([*changes]))
        return cls(
            Pair.model_validate(OmegaConf.to_container(changed)),
            TrainingParameters.model_validate(parameters["training"]),
            ImageParameters.model_validate(parameters["images"]),
        )

    def build(self, examples: Examples, seed: int) -> DualEncoder:
        parameters = self.training.model_copy(update={"seed": seed})
        return build_towers(self.pair, examples, parameters, self.images)


@dataclass(frozen=True)
class Workshop:
    """Where the models of rows are trained, and found again.

    Attributes:
        rows: by name what each is: `env`, `pair`, `set`, `seed`, and `ensemble` or `teacher`, the
            names of other rows.
        output: folder of the training states.
    """

    track: Track
    rows: Mapping[str, Row]
    output: Path

    def model(self, name: str, track: str) -> tuple[DualEncoder | Ensemble, dict[str, Any]]:
        """The model of a row, and what its training cost.

        One that was trained before is not trained again.
        """
        row = self.rows[name]
        if row["ensemble"]:
            return self._ensemble(row["ensemble"], track)
        settings = Settings.read(row["env"], row["pair"], row["set"])
        recipe, examples = settings.training.recipe_for(settings.pair), self.track.examples(track)
        taught: dict[str, Any] = {"minutes": 0.0}
        if row["teacher"]:
            teacher, taught = self.model(row["teacher"], track)
            examples = with_teacher(examples, teacher, self.output / "features")
        precision = Precision(recipe.precision, choose_device(settings.training.device))
        flops, peak = count_flops(settings, examples), matrix_peak(DTYPES[precision.name])
        model = settings.build(examples, row["seed"])
        states = self.output / "states" / f"{name}_{track}_{row['seed']}"
        log = fit(
            model,
            examples,
            recipe,
            seed=row["seed"],
            checkpoint_manager=CheckpointManager(states, seconds=120),
            title=f"{name}, {track}",
        )
        own = sum(epoch.seconds for epoch in log.epochs) / 60
        return model, {
            "trained_on": len(examples),
            "parameters": sum(weights.numel() for weights in model.parameters()),
            "epochs": recipe.epochs,
            "minutes": round(own + taught["minutes"], 2),
            **speed(log, flops, peak),
            "loss": round(log.epochs[-1].loss, 4),
        }

    def _ensemble(self, names: Sequence[str], track: str) -> tuple[Ensemble, dict[str, Any]]:
        models, costs = zip(*(self.model(name, track) for name in names), strict=True)
        ensemble = Ensemble(dict(zip(names, models, strict=True)), dict.fromkeys(names, 1.0))
        return ensemble, {
            "trained_on": costs[0]["trained_on"],
            "parameters": sum(one["parameters"] for one in costs),
            "minutes": on_two_cores([one["minutes"] for one in costs]),
        }


def on_two_cores(minutes: Sequence[float]) -> float:
    """How long trainings of one thread each take, two at a time, the longest first."""
    cores = [0.0, 0.0]
    for one in sorted(minutes, reverse=True):
        cores.sort()
        cores[0] += one
    return round(max(cores), 2)


def count_flops(settings: Settings, examples: Examples) -> float:
    """Operations of one training example, forward and backward; a multiply-add is two."""
    learner = Learner(
        settings.build(examples, 0), examples, settings.training.recipe_for(settings.pair)
    )
    number, batch = next(learner.batches(0, 1))
    with learner.fork_rng(), FlopCounterMode(display=False) as counter:
        learner.step(batch, number)
    return counter.get_total_flops() / len(batch)


def matrix_peak(dtype: torch.dtype) -> float:
    """Operations a second of a product of two large matrices, the best of five.

    In the precision of the row: where bf16 is emulated, it takes minutes, and rows are fp32.
    """
    square = torch.randn(SQUARE, SQUARE, dtype=dtype)
    seconds = []
    for _ in range(6):
        started = time.perf_counter()
        square @ square
        seconds.append(time.perf_counter() - started)
    return 2 * SQUARE**3 / min(seconds[1:])


def speed(log: TrainingLog, flops: float, peak: float) -> dict[str, float]:
    """Examples a second of the median step, and its share of the machine's matrix peak."""
    rate = float(np.median([step.images_per_second for step in log.steps]))
    return {
        "images_per_second": round(rate, 1),
        "mflops_an_example": round(flops / 1e6, 1),
        "share_of_peak": round(rate * flops / peak, 4),
    }
