"""Files and folders that appear complete or not at all."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from shopclip.files.storage import writing


@contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty draft beside `folder`; when the block ends well it takes the folder's place.

    A block that raises leaves what was in `folder` before. A process that is killed leaves that,
    or, in the moment between two renames, no folder at all; never a part of one.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        sweep(folder)
        draft = draft_of(folder)
        draft.mkdir()
        replaced = Path(f"{draft}.replaced")
        try:
            yield draft
            mode = draft.stat().st_mode & 0o666  # as the umask has it
            for file in draft.rglob("*"):
                _onto_the_disk(file)
                if file.is_file() and not file.is_symlink():
                    file.chmod(mode)  # some libraries write for the owner alone
            if folder.exists():  # a folder with content cannot be overwritten
                folder.replace(replaced)
            draft.replace(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            shutil.rmtree(replaced, ignore_errors=True)


@contextmanager
def atomic_file(file: Path) -> Iterator[Path]:
    """Yield the path of a draft beside `file`, which it replaces when the block ends well.

    Raises:
        StorageError: the disk is full, or the file cannot be written.
    """
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        sweep(file)
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            draft.touch()
            mode = draft.stat().st_mode & 0o666  # as the umask has it
            yield draft
            _onto_the_disk(draft)
            draft.chmod(mode)  # some libraries write for the owner alone
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)


def draft_of(place: Path) -> Path:
    """A new name beside a place, which `sweep` knows for one of this process."""
    return place.with_name(f".{place.name}.{os.getpid()}.{uuid4().hex[:8]}")


def _onto_the_disk(file: Path) -> None:
    """Before the rename, lest a power cut leave the new name without the content.

    Network disks, and those with quotas, may say only now that they are full.
    """
    if file.is_file():
        with file.open("rb") as content:
            os.fsync(content.fileno())


def sweep(place: Path) -> None:
    """Remove the drafts that killed processes left."""
    # SQLite's journal bears the draft's name and a hyphen.
    ours = re.compile(rf"\.{re.escape(place.name)}\.(\d+)([.-].+)?")
    for left in place.parent.glob(f".{place.name}.*"):
        match = ours.fullmatch(left.name)
        if match is None or _is_alive(int(match[1])):
            continue
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # someone else's
        return True
    return True
