"""An Optuna study in sqlite that several processes share, and that outlives any of them.

A process holds a file lock for the trial that it runs, which the operating system takes away when
the process dies, however it dies. So a running trial whose lock is free is one that was
interrupted: it is marked as failed, and what it had chosen is tried again.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from filelock import FileLock, Timeout
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, Trial, TrialState

from shopclip.parameters.tuning import TuningParameters

logger = logging.getLogger(__name__)

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
# User attributes: the pair whose default recipe it is, the folder of its states, and the number of
# the interrupted trial that it repeats, from which it has the other two.
DEFAULT, STATES, REPEATS = "default", "states", "repeats"
INHERITED = (DEFAULT, STATES)


class SharedStudy:
    """Trials that are each run by one process, up to a number of finished ones.

    Attributes:
        study: Optuna's own; values are validation MRRs, the higher the better.
    """

    def __init__(self, folder: Path, name: str, tuning: TuningParameters) -> None:
        """Open a study, which is begun if there is none of this name.

        Args:
            folder: of all studies; `studies.db` is theirs, a folder of its name this one's.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.tuning = tuning
        self.folder = folder / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self._locks: dict[int, FileLock] = {}
        self._lock = FileLock(self.folder / "lock")
        with FileLock(folder / "lock"):  # two that make the tables at once break each other
            storage = optuna.storages.RDBStorage(
                f"sqlite:///{folder.absolute() / 'studies.db'}",
                engine_kwargs={"connect_args": {"timeout": 60}},
            )
            self.study = optuna.create_study(
                study_name=name,
                storage=storage,
                direction="maximize",
                load_if_exists=True,
                pruner=optuna.pruners.MedianPruner(
                    tuning.pruning.startup_trials, n_warmup_steps=tuning.pruning.warmup_epochs
                ),
            )

    def begin(self, first: Mapping[str, Mapping[str, Any]]) -> None:
        """Put these choices, by what they are the default of, in front of all others, once."""
        with self._lock:
            begun = {t.user_attrs.get(DEFAULT) for t in self.study.get_trials(deepcopy=False)}
            for name, choice in first.items():
                if name not in begun:
                    self.study.enqueue_trial(dict(choice), user_attrs={DEFAULT: name})

    def claim(self, distributions: dict[str, BaseDistribution]) -> Trial | None:
        """A trial that has chosen and is this process's alone; None if none is left to claim.

        With the same seed the choices of a study are the same, whether or not it was interrupted,
        as long as one process at a time runs it.
        """
        with self._lock:
            self._fail_interrupted()
            trials = self.study.get_trials(deepcopy=False)
            begun = [t for t in trials if t.state in (*FINISHED, TrialState.RUNNING)]
            if len(begun) >= self.tuning.trials:
                return None
            self.study.sampler = _sampler(self.tuning, len(begun))
            trial = self.study.ask(distributions)
            self._hold(trial.number)
            if STATES not in trial.user_attrs:
                trial.set_user_attr(STATES, f"trial_{trial.number:04d}")
            return trial

    def complete(self, trial: Trial, value: float) -> None:
        """Give a trial of this process its value."""
        self._tell(trial, value=value, state=TrialState.COMPLETE)

    def prune(self, trial: Trial, reason: str) -> None:
        """End a trial of this process early."""
        trial.set_user_attr("reason", reason)
        self._tell(trial, value=None, state=TrialState.PRUNED)

    def release(self) -> None:
        """Let go of trials that this process did not end: they count as interrupted."""
        with self._lock:
            for number in list(self._locks):
                self._let_go(number)

    def states(self, trial: Trial | FrozenTrial) -> Path:
        """The folder from which the training of a trial resumes."""
        return self.folder / "states" / trial.user_attrs[STATES]

    def finished(self) -> list[FrozenTrial]:
        """The trials that count, in the order in which they were begun."""
        return self.study.get_trials(deepcopy=False, states=FINISHED)

    def best(self) -> FrozenTrial | None:
        """The complete trial with the highest value, the first of equals."""
        return _best(self.study.get_trials(deepcopy=False, states=[TrialState.COMPLETE]))

    def best_default(self) -> FrozenTrial | None:
        """The same among the recipes that the pairs are configured with."""
        return _best(trial for trial in self.finished() if trial.user_attrs.get(DEFAULT))

    @property
    def over(self) -> bool:
        """Whether as many trials as `tuning.trials` are finished, by whomever."""
        return len(self.finished()) >= self.tuning.trials

    def _tell(self, trial: Trial, *, value: float | None, state: TrialState) -> None:
        with self._lock:
            self.study.tell(trial, value, state)
            self._let_go(trial.number)
            self._tidy()

    def _fail_interrupted(self) -> None:
        """First the repetition, then the failure: killed in between, neither is done twice.

        Optuna's heartbeat would do the failure first, and lose the repetition; it beats in
        `Study.optimize` alone, and takes a machine that slept for dead. JournalStorage has none.
        """
        for trial in self.study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
            if not self._hold(trial.number):
                continue
            others = self.study.get_trials(deepcopy=False)
            if not any(other.user_attrs.get(REPEATS) == trial.number for other in others):
                fixed = trial.system_attrs.get("fixed_params", {})
                inherited = {k: trial.user_attrs[k] for k in INHERITED if k in trial.user_attrs}
                self.study.enqueue_trial(
                    {**fixed, **trial.params}, user_attrs={**inherited, REPEATS: trial.number}
                )
            self.study.tell(trial.number, state=TrialState.FAIL)
            self._let_go(trial.number)
            logger.info("trial %d was interrupted; what it chose is tried again", trial.number)

    def _hold(self, number: int) -> bool:
        """Take the lock of a trial, if no living process has it."""
        lock = FileLock(self.folder / f"trial_{number:04d}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            return False
        self._locks[number] = lock
        return True

    def _let_go(self, number: int) -> None:
        """Locks are only ever taken under the study's, so that the file may be removed."""
        lock = self._locks.pop(number)
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Keep the weights of the best trial and of the default recipes alone."""
        best = self.best()
        for trial in self.finished():
            if not trial.user_attrs.get(DEFAULT) and (best is None or trial.number != best.number):
                shutil.rmtree(self.states(trial), ignore_errors=True)


def _best(trials: Iterable[FrozenTrial]) -> FrozenTrial | None:
    return max(trials, key=lambda trial: (trial.value, -trial.number), default=None)


def _sampler(tuning: TuningParameters, number: int) -> optuna.samplers.BaseSampler:
    """Its own for every trial: one that resumes a study would draw the first ones again."""
    (seed,) = np.random.SeedSequence([tuning.seed, number]).generate_state(1)
    return optuna.samplers.TPESampler(
        n_startup_trials=tuning.random_trials, seed=int(seed), constant_liar=True
    )
