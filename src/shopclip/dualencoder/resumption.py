"""The files from which a killed training goes on: few, and each whole or passed over."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from shopclip.dualencoder import training_state
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.training_state import TrainingState
from shopclip.errors import ShopclipError

logger = logging.getLogger(__name__)

KEPT = 2  # should the newest turn out broken, the one before it is whole


class BusyError(ShopclipError):
    """Another process trains in this folder."""


@dataclass
class Resumption:
    """Training states in a folder, `step_⟨number⟩.safetensors` and, in the end, `done.safetensors`.

    Attributes:
        seconds: least time between two states.
        identity: names the training, so that none goes on with the state of another.
    """

    folder: Path
    seconds: float = 60.0
    identity: str = ""
    _written: float = field(default_factory=time.monotonic, init=False)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out of the folder.

        Raises:
            BusyError: one is in it already.
        """
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.folder / "lock", timeout=0):
                self._remove(self.folder.glob(".*.safetensors.*"))  # drafts of a killed run
                yield
        except Timeout as error:
            raise BusyError(
                f"{self.folder}: another run is training this pair; wait until it has ended"
            ) from error

    def restore(self, learner: Learner) -> TrainingState:
        """The newest whole state of this training, in which the learner then is; or a new one."""
        for file in self._files():
            try:
                state = training_state.read(file, self.identity, learner)
            except ValueError as error:
                logger.warning("%s is passed over: it cannot be used (%s)", file, error)
                continue
            if state is None:
                logger.info("%s is of another training (recipe, data or version)", file.name)
                continue
            logger.info(
                "already trained: the weights are those of %s"
                if state.done
                else "going on from %s",
                file,
            )
            return state
        return TrainingState()

    def save_if_due(self, state: TrainingState, learner: Learner) -> None:
        """Write the state if the last was long enough ago."""
        if time.monotonic() - self._written >= self.seconds:
            step = len(state.log.steps)
            self._write(self.folder / f"step_{step:09d}.safetensors", state, learner)
            self._remove(self._files()[KEPT:])

    def finish(self, state: TrainingState, learner: Learner) -> None:
        """Keep nothing but the result."""
        steps = self._files()
        done = self.folder / "done.safetensors"
        self._write(done, state, learner)
        self._remove(file for file in steps if file != done)

    def forget(self) -> None:
        """Remove every state, so that training begins anew.

        Raises:
            BusyError: another process is training in the folder.
        """
        with self.locked():
            self._remove(self._files())

    def last(self) -> Path | None:
        """The newest state."""
        return next(iter(self._files()), None)

    def _write(self, file: Path, state: TrainingState, learner: Learner) -> None:
        training_state.write(file, self.identity, state, learner)
        self._written = time.monotonic()

    def _files(self) -> list[Path]:
        """The newest first."""
        files = self.folder.glob("*.safetensors")
        return sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name), reverse=True)

    def _remove(self, files: Iterable[Path]) -> None:
        for file in files:
            file.unlink(missing_ok=True)
