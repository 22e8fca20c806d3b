"""Whether what lies on the disk was made from what lies there beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from shopclip.errors import ShopclipError
from shopclip.provenance.records import Record, Records

STAGES = (
    "ingestion",
    "preprocessing",
    "training",
    "embedding",
    "evaluation",
    "indexing",
    "reporting",
)


class ProvenanceError(ShopclipError):
    """Something was made from other things than those that lie there now, or is not complete."""


@dataclass(frozen=True)
class Break:
    """Where a lineage does not hold.

    Attributes:
        location: what cannot be used.
        why: with names of files, without the remedy.
    """

    location: str
    why: str


class Lineage:
    """Everything that some artefacts were made from, as far as it lies on the disk.

    Args:
        records: of the project.
        paths: the artefacts.

    Attributes:
        breaks: where it does not hold, the artefacts' own first.
        made: the records of the artefacts and of all their ancestors.
    """

    def __init__(self, records: Records, paths: Iterable[Path]) -> None:
        self._records = records
        self._uses: dict[str, list[str]] = {}
        self.breaks: list[Break] = []
        self.made: dict[str, Record] = {}
        for path in paths:
            self._walk(records.location(path))

    def stages(self) -> set[str]:
        """The stages that make what is broken, and what was made from it, as far as known."""
        stale = {one.location for one in self.breaks}
        grown = True
        while grown:
            dependents = {
                location for location, inputs in self._uses.items() if stale.intersection(inputs)
            }
            grown = not dependents <= stale
            stale |= dependents
        records = [record for location in stale if (record := self._records.of(location))]
        return {record.stage for record in records if record.stage}

    def environment(self) -> str | None:
        """The one in which everything was made; None where there are several."""
        environments = {record.env for record in self.made.values()}
        return environments.pop() if len(environments) == 1 else None

    def _walk(self, location: str) -> None:
        if location in self._uses:
            return
        self._uses[location] = []
        path, record = self._records.path(location), self._records.of(location)
        name = _name(path)
        if record is not None and not record.finished:
            self._break(location, f"{name}: the run that was to replace it did not end well")
            return
        if record is None:
            if path.exists():  # else whoever reads it says so
                self._break(location, f"{name}: nothing says what it was made from")
            return
        # What was removed is still a link between what was made from it and what it was made from.
        if path.exists() and not self._is_as_recorded(location, record):
            self._break(location, f"{name}: changed after {record.node} had made it")
        first = self.made.setdefault(record.node, record)
        if first.outputs.keys() != record.outputs.keys():
            beside = _name(self._records.path(next(iter(first.outputs))))
            self._break(location, f"{name}: of another run of {record.node} than {beside}")
        if record.standalone:
            return
        for source, digest in record.inputs.items():
            if (there := self._digest(source)) is not None and there != digest:
                other = _name(self._records.path(source))
                self._break(location, f"{name}: made from another {other} than lies there now")
            self._walk(source)
            self._uses[location].append(source)

    def _break(self, location: str, why: str) -> None:
        self.breaks.append(Break(location, why))

    def _is_as_recorded(self, location: str, record: Record) -> bool:
        before = record.outputs[location]
        now = before.of_today(self._records.path(location))
        if now is None or now.digest != before.digest:
            return False
        if now != before:
            self._records.refresh(location, now)
        return True

    def _digest(self, location: str) -> str | None:
        """Of what lies there; None if nothing does."""
        record = self._records.of(location)
        if record is None or not record.finished:
            return None  # which `_walk` tells
        now = record.outputs[location].of_today(self._records.path(location))
        return now.digest if now else None


def require(
    records: Records, paths: Iterable[Path], *, remedy: Callable[[Lineage], str] | None = None
) -> Lineage:
    """See to it that artefacts, and all that they were made from, belong together.

    Args:
        remedy: the command that makes things whole; by default the stages that made what is
            broken, in the environment that they were run in.

    Raises:
        ProvenanceError: they do not; names both sides of the first break, and the command.
    """
    lineage = Lineage(records, paths)
    if lineage.breaks:
        more = f" (and {len(lineage.breaks) - 1} more)" if len(lineage.breaks) > 1 else ""
        command = (remedy or _usual_remedy)(lineage)
        raise ProvenanceError(f"{lineage.breaks[0].why}{more}. Make it again: {command}")
    return lineage


def _usual_remedy(lineage: Lineage) -> str:
    return kedro_command(lineage.stages(), env=lineage.environment())


def kedro_command(stages: Iterable[str], *, env: str | None = None) -> str:
    """The command that runs these stages; all of them where none is known."""
    environment = f" --env {env}" if env and env != "local" else ""
    names = ",".join(in_order(stages))
    chosen = f" --pipelines {names}" if names else ""
    return f"kedro run{environment}{chosen}"


def in_order(stages: Iterable[str]) -> list[str]:
    """Each once, as a run goes through them."""
    order = {stage: position for position, stage in enumerate(STAGES)}
    return sorted(set(stages), key=lambda stage: (order.get(stage, len(order)), stage))


def _name(path: Path) -> str:
    """As seen from the folder that the user is in, where it lies below."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
