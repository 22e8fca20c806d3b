"""A study with what runs its trials, and its progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from shopclip.dualencoder import fingerprint
from shopclip.parameters.tuning import TuningParameters
from shopclip.pipelines.tuning.space import Space
from shopclip.pipelines.tuning.study import SharedStudy
from shopclip.pipelines.tuning.tables import begun_trials, epochs_table, trials_table
from shopclip.pipelines.tuning.trainer import Trainer, run_trial


@contextmanager
def progress(study: SharedStudy) -> Iterator[Callable[[], None]]:
    """A bar over the finished trials, whoever finished them, below the log; yields its update."""
    trials = study.tuning.trials
    with logging_redirect_tqdm(), tqdm(total=trials, desc="trials", unit="trial") as bar:

        def update() -> None:
            if best := study.best():
                bar.set_postfix(best=f"{best.value:.4f}", refresh=False)
            bar.n = min(len(study.finished()), trials)
            bar.refresh()

        yield update


@dataclass(frozen=True)
class Search:
    """Trials of a space, one after the other."""

    study: SharedStudy
    space: Space
    trainer: Trainer

    @classmethod
    def begin(
        cls, folder: Path, tuning: TuningParameters, space: Space, trainer: Trainer
    ) -> Search:
        """Begin the study of this space, data and seed, or resume it.

        How many trials it takes is no part of its name, so that more can be asked for later.
        """
        settings = tuning.model_dump(exclude={"trials", "pairs", "space"})
        name = fingerprint.of(settings, space.manifest(), trainer.fingerprint())[:12]
        study = SharedStudy(folder, name, tuning)
        study.begin(space.defaults())
        return cls(study, space, trainer)

    def run_next(self) -> bool:
        """Run a trial; False if there is none that is not another process's."""
        trial = self.study.claim(self.space.distributions())
        if trial is None:
            return False
        try:
            run_trial(trial, self.study, self.space, self.trainer)
        finally:
            self.study.release()
        return True

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The epochs of all finished trials, and all trials with what they chose."""
        trials, name = begun_trials(self.study), self.study.study.study_name
        return epochs_table(trials), trials_table(trials, self.space.domains, name)
