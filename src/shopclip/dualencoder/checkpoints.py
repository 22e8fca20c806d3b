"""Checkpoints that training resumes from: what they hold, whose they are, and which are kept."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.training_log import TrainingLog
from shopclip.errors import ShopclipError
from shopclip.files.atomic import atomic_file

FORMAT = 1


@dataclass
class Checkpoint:
    """What `fit` changes beside the learner.

    Attributes:
        log: its `best_epoch` is that of `best`.
        best: weights of the epoch with the highest validation MRR; empty where there is none.
        done: whether training is complete.
    """

    log: TrainingLog = field(default_factory=TrainingLog)
    best: dict[str, Tensor] = field(default_factory=dict)
    done: bool = False


def write_checkpoint(file: Path, identity: str, state: Checkpoint, learner: Learner) -> None:
    """Write the file whole or not at all; of a complete training, the weights and the log."""
    from safetensors.torch import save_file

    # The names in the file are those of format 1, which older checkpoints have.
    tensors = _prefixed("model", learner.model.state_dict())
    if not state.done:
        tensors |= _prefixed("best", state.best) | _prefixed("optimiser", _moments(learner))
    metadata = {
        "format": FORMAT,
        "identity": identity,
        "done": state.done,
        "scaler": learner.precision.scaler.state_dict(),
        **state.log.to_rows(),
    }
    with atomic_file(file) as draft:
        save_file(tensors, draft, metadata={"training": json.dumps(metadata)})


def read_checkpoint(file: Path, identity: str, learner: Learner) -> Checkpoint | None:
    """Bring the learner to the state in a file; None, and no change, if it is another training's.

    Raises:
        ValueError: the file is not whole, or not of this format.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as content:
            metadata = json.loads((content.metadata() or {})["training"])
            if metadata["format"] != FORMAT:
                raise ValueError(f"written in format {metadata['format']}, expected {FORMAT}")
            if metadata["identity"] != identity:
                return None
            tensors = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
    except (OSError, KeyError, SafetensorError) as error:
        raise ValueError(str(error)) from error
    return _restore(learner, metadata, tensors)


def _restore(
    learner: Learner, metadata: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> Checkpoint:
    learner.model.load_state_dict(_without_prefix("model", tensors))
    if not metadata["done"]:
        _set_moments(learner, _without_prefix("optimiser", tensors))
        learner.precision.scaler.load_state_dict(metadata["scaler"])
    return Checkpoint(
        TrainingLog.of_rows(metadata), _without_prefix("best", tensors), metadata["done"]
    )


def _moments(learner: Learner) -> dict[str, Tensor]:
    names = {id(parameter): name for name, parameter in learner.model.named_parameters()}
    return {
        f"{names[id(parameter)]}/{kind}": value
        for parameter, moments in learner.optimizer.state.items()
        for kind, value in moments.items()
    }


def _set_moments(learner: Learner, moments: Mapping[str, Tensor]) -> None:
    """In the layout of the parameter, which fused AdamW relies on."""
    parameters = dict(learner.model.named_parameters())
    for name, value in moments.items():
        of, kind = name.rsplit("/", 1)
        parameter = parameters[of]
        if value.shape == parameter.shape and kind != "step":
            value = torch.empty_like(parameter).copy_(value)
        learner.optimizer.state[parameter][kind] = value.to(parameter.device)


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}/{name}": value.contiguous().cpu() for name, value in tensors.items()}


def _without_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(f"{prefix}/"): value
        for name, value in tensors.items()
        if name.startswith(f"{prefix}/")
    }


logger = logging.getLogger(__name__)

KEPT = 2  # should the newest turn out broken, the one before it is whole


class BusyError(ShopclipError):
    """Another process trains in this folder."""


@dataclass
class CheckpointManager:
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

    def restore(self, learner: Learner) -> Checkpoint:
        """The newest whole state of this training, in which the learner then is; or a new one."""
        for file in self._files():
            try:
                state = read_checkpoint(file, self.identity, learner)
            except ValueError as error:
                logger.warning("%s is passed over: it cannot be used (%s)", file, error)
                continue
            if state is None:
                logger.info("%s is of another training (recipe, data or version)", file.name)
                continue
            logger.info(
                "already trained: the weights are those of %s"
                if state.done
                else "resuming from %s",
                file,
            )
            return state
        return Checkpoint()

    def save_if_due(self, state: Checkpoint, learner: Learner) -> None:
        """Write the state if the last was long enough ago."""
        if time.monotonic() - self._written >= self.seconds:
            step = len(state.log.steps)
            self._write(self.folder / f"step_{step:09d}.safetensors", state, learner)
            self._remove(self._files()[KEPT:])

    def finish(self, state: Checkpoint, learner: Learner) -> None:
        """Keep nothing but the result."""
        steps = self._files()
        done = self.folder / "done.safetensors"
        self._write(done, state, learner)
        self._remove(file for file in steps if file != done)

    def forget(self) -> None:
        """Remove every state, so that training begins again.

        Raises:
            BusyError: another process is training in the folder.
        """
        with self.locked():
            self._remove(self._files())

    def last(self) -> Path | None:
        """The newest state."""
        return next(iter(self._files()), None)

    def _write(self, file: Path, state: Checkpoint, learner: Learner) -> None:
        write_checkpoint(file, self.identity, state, learner)
        self._written = time.monotonic()

    def _files(self) -> list[Path]:
        """The newest first."""
        files = self.folder.glob("*.safetensors")
        return sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name), reverse=True)

    def _remove(self, files: Iterable[Path]) -> None:
        for file in files:
            file.unlink(missing_ok=True)
