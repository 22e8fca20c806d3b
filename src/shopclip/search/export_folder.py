"""What lies in the folder of an export besides the export, and must be there after the next one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from shopclip.search.errors import SearchError
from shopclip.search.places import EXPORTED

LISTED = "files"  # in the manifest: what the export itself has written
# The files and folders of an export whose manifest lists none, of an earlier version.
_UNLISTED = (
    EXPORTED, "text.onnx", "image.onnx", "tokenizer.json", "image_embeddings.npy", "index",
    "image_store",
)  # fmt: skip


def others(folder: Path) -> list[Path]:
    """What is not an export's, relative to the folder: files, links and empty folders.

    Raises:
        SearchError: the folder is no folder, or holds something and no export.
    """
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise SearchError(f"{folder}: a file; give a new folder or an older export")
    found = list(_entries(folder))
    ours = _listed(folder / EXPORTED)
    if found and ours is None:
        raise SearchError(f"{folder}: holds something else; give a new folder or an older export")
    if ours:
        return [path for path in found if path.as_posix() not in ours]
    return [path for path in found if path.parts[0] not in _UNLISTED]


def keep(paths: list[Path], folder: Path, draft: Path) -> None:
    """Put what is not the export's into the draft that will replace the folder.

    Raises:
        SearchError: the new export has something of its own in that place.
    """
    for path in paths:
        here, there = folder / path, draft / path
        is_folder = here.is_dir() and not here.is_symlink()
        if is_folder and there.is_dir():
            continue
        if os.path.lexists(there) or any((draft / above).is_file() for above in path.parents):
            raise SearchError(
                f"{here}: not of the export that lies there, and the new one would replace it; "
                "move it away, or give a new folder"
            )
        if is_folder:
            there.mkdir(parents=True)
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(here, there, follow_symlinks=False)
        except (OSError, NotImplementedError):  # a disk without links, or a system
            shutil.copy2(here, there, follow_symlinks=False)


def written(draft: Path) -> list[str]:
    """What the manifest lists."""
    return sorted({EXPORTED, *(path.as_posix() for path in _entries(draft))})


def _listed(manifest: Path) -> set[str] | None:
    """What an export lists as its own; None if there is no export."""
    try:
        facts = json.loads(manifest.read_text("utf-8"))
        _ = facts["format"], facts["pair"]
        return set(facts.get(LISTED, []))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _entries(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder, onerror=_raise):
        here = Path(root)
        links = [name for name in folders if (here / name).is_symlink()]
        for name in (*files, *links):
            yield (here / name).relative_to(folder)
        if not folders and not files and here != folder:
            yield here.relative_to(folder)


def _raise(error: OSError) -> None:
    raise SearchError(f"{error.filename}: cannot be read ({error.strerror}); make it readable")
