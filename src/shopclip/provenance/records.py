"""One record a node: what it read, by which parameters, and what it wrote."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from shopclip.files.storage import writing
from shopclip.provenance.fingerprints import Fingerprint

FORMAT = 1
FOLDER = ".provenance"  # in the folder `data`


@dataclass(frozen=True)
class Record:
    """What one node made.

    Attributes:
        node: its name, with its namespace.
        outputs: fingerprint of everything that it wrote, by location.
        inputs: digest of everything that it read, by location.
        parameters: those that decide what it writes, by the name after `params:`.
        stage: the pipeline that the node belongs to.
        env: the environment that it ran in.
        standalone: whether the outputs may be used with other inputs than those that they were
            made from, as a model may.
        finished: false from before the first output is replaced until after the last.
    """

    node: str
    outputs: Mapping[str, Fingerprint]
    inputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    stage: str | None = None
    env: str | None = None
    standalone: bool = False
    finished: bool = True


class Records:
    """The records of a project, in a folder of JSON files.

    Locations are paths relative to the folder that this one lies in, so that a project may be moved
    or copied.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.normpath(folder.absolute()))
        self._by_location: dict[str, Record] = {}
        self.load()

    def load(self) -> None:
        """Read what lies in the folder, which other processes may have changed."""
        read = (_read(file) for file in sorted(self.folder.glob("*.json")))
        self._by_location = {
            location: record for record in read if record for location in record.outputs
        }

    def __bool__(self) -> bool:
        """Whether anything was ever recorded here."""
        return bool(self._by_location)

    def location(self, path: Path) -> str:
        """What a path is called in records."""
        return Path(os.path.relpath(path, self.folder.parent)).as_posix()

    def path(self, location: str) -> Path:
        return Path(os.path.normpath(self.folder.parent / location))

    def of(self, location: str) -> Record | None:
        """The record of the node that wrote this."""
        return self._by_location.get(location)

    def begin(self, node: str, locations: Iterable[str], stage: str | None) -> None:
        """Say that what lies at these locations is about to be replaced."""
        outputs = dict.fromkeys(sorted(locations), Fingerprint("", ()))
        self._put(Record(node, outputs, stage=stage, finished=False))

    def finish(self, record: Record) -> None:
        """Say what lies there now."""
        self._put(record)

    def refresh(self, location: str, fingerprint: Fingerprint) -> None:
        """Keep the states of files whose content has not changed, such as those of a copy."""
        record = self._by_location[location]
        outputs = {**record.outputs, location: fingerprint}
        self._put(Record(**{**record.__dict__, "outputs": outputs}))

    def _put(self, record: Record) -> None:
        for location in record.outputs:
            before = self._by_location.get(location)
            if before is not None and self._file(before) != self._file(record):
                self._leave_rest(before, record)
        self._write(record)
        self._by_location |= dict.fromkeys(record.outputs, record)

    def _leave_rest(self, before: Record, record: Record) -> None:
        """What another record tells of as well changed hands: a renamed node, or another catalog.

        Of the same node, whatever else it wrote is as true as it was, such as a version of last
        week; a lineage may not have both.
        """
        for location in before.outputs:
            self._by_location.pop(location, None)
        left = {
            location: fingerprint
            for location, fingerprint in before.outputs.items()
            if location not in record.outputs
        }
        if left and before.finished and before.node == record.node:
            rest = Record(**{**before.__dict__, "outputs": left})
            self._write(rest)
            self._by_location |= dict.fromkeys(left, rest)
        self._file(before).unlink(missing_ok=True)

    def _write(self, record: Record) -> None:
        file = self._file(record)
        content = {"format": FORMAT, **asdict(record)}
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        with writing(file):
            # Not flushed to the disk: what a power cut loses is refused, not believed.
            self.folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(content, indent=1), "utf-8")
            draft.replace(file)

    def _file(self, record: Record) -> Path:
        """Named by the node and by where it writes, which an environment may decide."""
        where = hashlib.sha256("\0".join(sorted(record.outputs)).encode()).hexdigest()[:8]
        return self.folder / f"{record.node}.{where}.json"


def _read(file: Path) -> Record | None:
    """None where it is damaged or of another format: what it told of has no record then."""
    try:
        content = json.loads(file.read_text("utf-8"))
        if content.pop("format") != FORMAT:
            return None
        content["outputs"] = {
            location: Fingerprint(one["digest"], tuple(map(tuple, one["states"])))
            for location, one in content["outputs"].items()
        }
        return Record(**content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
