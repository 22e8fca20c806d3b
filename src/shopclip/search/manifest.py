"""Where the pipelines left what a search needs, as they write it down: the catalog may say where.

`data/.search/pairs/⟨pair⟩.json` names the towers, the index and the image store of a pair, and
`data/.search/leaderboard.json` the leaderboard, all relative to `data`, so that a project may be
moved or copied.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from shopclip.files.atomic import atomic_file
from shopclip.search.errors import SearchError

FOLDER = ".search"
_PAIRS = "pairs"
LEADERBOARD = "leaderboard"


def write_pair(
    data: Path, pair: str, *, dual_encoder: Path, index: Path, image_store: Path
) -> None:
    """Say where a pair lies; what was said of it before is replaced.

    Raises:
        StorageError: the folder cannot be written.
    """
    locations = {"dual_encoder": dual_encoder, "index": index, "image_store": image_store}
    _write(data, Path(_PAIRS, pair), locations)


def write_leaderboard(data: Path, leaderboard: Path) -> None:
    """Say where the leaderboard lies."""
    _write(data, Path(LEADERBOARD), {LEADERBOARD: leaderboard})


def pairs(data: Path) -> list[str]:
    """The pairs of which there is a manifest, sorted."""
    return sorted(file.stem for file in (data / FOLDER / _PAIRS).glob("*.json"))


def read_pair(data: Path, pair: str) -> dict[str, Path]:
    """`dual_encoder`, `index` and `image_store` of a pair.

    Raises:
        SearchError: the manifest cannot be read.
    """
    return _read(data, Path(_PAIRS, pair), "indexing")


def read_leaderboard(data: Path) -> Path | None:
    """None where no run has made one.

    Raises:
        SearchError: the manifest cannot be read.
    """
    if not _file(data, Path(LEADERBOARD)).is_file():
        return None
    return _read(data, Path(LEADERBOARD), "reporting")[LEADERBOARD]


def _file(data: Path, name: Path) -> Path:
    return data / FOLDER / f"{name}.json"


def _write(data: Path, name: Path, locations: Mapping[str, Path]) -> None:
    relative = {what: Path(os.path.relpath(path, data)) for what, path in locations.items()}
    text = json.dumps({what: path.as_posix() for what, path in relative.items()}, indent=1)
    file = _file(data, name)
    with atomic_file(file) as draft:
        draft.write_text(text, "utf-8")


def _read(data: Path, name: Path, stage: str) -> dict[str, Path]:
    file = _file(data, name)
    try:
        content = json.loads(file.read_text("utf-8"))
        return {what: Path(os.path.normpath(data / path)) for what, path in content.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise SearchError(
            f"{file}: does not say where things lie ({error}); write it again with: "
            f"kedro run --pipelines {stage}"
        ) from error
