"""A run that would spoil another's does not begin."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from filelock import FileLock, Timeout
from kedro.framework.hooks import hook_impl

from shopclip.errors import ShopclipError
from shopclip.files.storage import writing

SHOWN = 3  # datasets that a message names


class RunningError(ShopclipError):
    """Another run in this folder writes what this one needs, or reads what it writes."""


class RunLock:
    """Two runs may be at work at once where neither writes what the other reads or writes.

    Each has a file in `folder` that says what it is about, and a lock beside it that the system
    lets go when the process ends, however it ends.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held: FileLock | None = None

    def take(self, *, reads: Collection[str], writes: Collection[str], about: str) -> None:
        """Enter the folder.

        Args:
            reads, writes: names of datasets.
            about: what others are told of this run.

        Raises:
            RunningError: another run is in the way.
            StorageError: the folder cannot be written.
        """
        self.release()
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "entrance.lock"):
                for other in self._others():
                    _refuse(other, set(reads), set(writes), self.folder)
                name = self.folder / f"{os.getpid()}_{uuid4().hex[:8]}"
                self._held = FileLock(name.with_suffix(".lock"))
                self._held.acquire()
                facts = {
                    "process": os.getpid(),
                    "since": time.strftime("%d %b %H:%M"),
                    "about": about,
                    "reads": sorted(reads),
                    "writes": sorted(writes),
                }
                name.with_suffix(".json").write_text(json.dumps(facts), "utf-8")

    def release(self) -> None:
        """Leave the folder; nothing where it was not entered."""
        if self._held is None:
            return
        lock = Path(self._held.lock_file)
        lock.with_suffix(".json").unlink(missing_ok=True)
        self._held.release()
        lock.unlink(missing_ok=True)
        self._held = None

    def _others(self) -> Iterator[Mapping[str, Any]]:
        """What the runs that are alive say of themselves; what dead ones left is removed."""
        for facts in sorted(self.folder.glob("*.json")):
            lock = facts.with_suffix(".lock")
            try:
                with FileLock(lock, timeout=0):
                    facts.unlink(missing_ok=True)
            except Timeout:
                with suppress(OSError, ValueError):  # it has just left
                    yield json.loads(facts.read_text("utf-8"))
                continue
            lock.unlink(missing_ok=True)


def _refuse(other: Mapping[str, Any], reads: set[str], writes: set[str], folder: Path) -> None:
    theirs = set(other["writes"])
    shared = sorted((writes & (theirs | set(other["reads"]))) | (reads & theirs))
    if not shared:
        return
    names = ", ".join(shared[:SHOWN]) + (", …" if len(shared) > SHOWN else "")
    raise RunningError(
        f"{folder.parent}: another run is at work here (process {other['process']}, since "
        f"{other['since']}: {other['about']}), and one of the two would change what the other "
        f"needs ({names}). Wait until it has ended, or run in a copy of the project"
    )


TOGETHER = ("tuning",)  # stages whose runs share their tables, and see to it themselves


class RunLockHook:
    """Holds the run's lock from before its first node until after its last word."""

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        self._folder = Path(context.project_path) / "data" / ".runs"

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Any) -> None:
        self.release()
        self._lock = RunLock(self._folder)
        inputs = {
            name
            for name in pipeline.inputs()
            if name != "parameters" and not name.startswith("params:")
        }
        outputs = pipeline.all_outputs() - _shared()
        self._lock.take(reads=inputs, writes=outputs, about=_about(run_params))

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        self.release()

    @hook_impl(trylast=True)
    def on_pipeline_error(self) -> None:
        self.release()

    def release(self) -> None:
        """Leave; a run of this process that was interrupted may not have done so."""
        lock: RunLock | None = getattr(self, "_lock", None)
        if lock is not None:
            lock.release()


def _shared() -> set[str]:
    from kedro.framework.project import pipelines

    outputs = (pipelines[stage].all_outputs() for stage in TOGETHER if stage in pipelines)
    return set().union(*outputs)


def _about(run_params: dict[str, Any]) -> str:
    """Such as `training of bert_vit`."""
    stages = ", ".join(run_params.get("pipeline_names") or ["all stages"])
    pairs = ", ".join(run_params.get("namespaces") or [])
    return f"{stages} of {pairs}" if pairs else stages
