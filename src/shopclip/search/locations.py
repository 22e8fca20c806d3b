"""The folders that a search needs, of a project or of an export."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from shopclip.files.integrity import check_digests
from shopclip.metrics.scoring import NAMES, PRIMARY, TEXT_TO_IMAGE, best_first
from shopclip.provenance import ProvenanceError, Records, require
from shopclip.provenance.records import FOLDER
from shopclip.search import manifest
from shopclip.search.errors import SearchError
from shopclip.search.index.opened import FACTS

EXPORTED = "export.json"


@dataclass(frozen=True)
class Location:
    """The folders of one pair.

    Attributes:
        towers: of a trained dual encoder, or of an export.
        index: of the pair's index.
        pictures: of the image store; None where there is none.
    """

    pair: str
    towers: Path
    index: Path
    pictures: Path | None

    @property
    def is_export(self) -> bool:
        return (self.towers / EXPORTED).is_file()


def find(folder: str | Path, pair: str | None = None) -> Location:
    """Find the folders of a pair; by default the one that the leaderboard puts first.

    Args:
        folder: of a project, of its `data`, or of an export.

    Raises:
        SearchError: nothing to search lies there, or not this pair.
        ProvenanceError: the index is not of the towers and the products that lie there.
    """
    folder = Path(folder)
    if (folder / EXPORTED).is_file():
        return _exported(folder, pair)
    data = _data(folder)
    names, records = pairs(folder), Records(data / FOLDER)
    if pair is None:
        pair = _winner(data, names, records)
    if pair not in names:
        raise SearchError(
            f"{data}: no index of the pair {pair!r}; there are {', '.join(names)}. Train it and "
            "build its index with: kedro run"
        )
    locations = manifest.read_pair(data, pair)
    place = Location(pair, locations["dual_encoder"], locations["index"], locations["image_store"])
    if records:
        require(records, [place.index, place.towers])
    return place


def pairs(folder: str | Path) -> list[str]:
    """The pairs of a folder that can be searched with, sorted.

    Raises:
        SearchError: there is none.
    """
    folder = Path(folder)
    if (folder / EXPORTED).is_file():
        return [_exported(folder, None).pair]
    data = _data(folder)
    locations = [
        pair
        for pair in manifest.pairs(data)
        if (manifest.read_pair(data, pair)["index"] / FACTS).is_file()
    ]
    if not locations:
        raise SearchError(
            f"{data}: no pair has an index; build them with: kedro run --pipelines indexing "
            "(kedro run trains them first)"
        )
    return locations


def _exported(folder: Path, pair: str | None) -> Location:
    import json

    try:
        facts = json.loads((folder / EXPORTED).read_text("utf-8"))
        exported = str(facts["pair"])
        check_digests(folder, facts.get("digests", {}))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SearchError(f"{folder}: damaged, export the pair again ({error})") from error
    if pair not in (None, exported):
        raise SearchError(f"{folder}: an export of the pair {exported}, not of {pair}")
    pictures = folder / "image_store"
    return Location(exported, folder, folder / "index", pictures if pictures.is_dir() else None)


def _data(folder: Path) -> Path:
    for data in (folder / "data", folder):
        if (data / manifest.FOLDER).is_dir():
            return data
    if (folder / "data").is_dir():
        return folder / "data"
    raise SearchError(
        f"{folder.resolve()}: neither a project, nor its data, nor an export; give the folder in "
        "which kedro run was given"
    )


def _winner(data: Path, names: list[str], records: Records) -> str:
    """The one that the leaderboard puts first for text → image; without one, the first by name."""
    leaderboard = manifest.read_leaderboard(data)
    if leaderboard is None or not leaderboard.exists() or len(names) == 1:
        return names[0]
    try:
        if records:
            require(records, [leaderboard])
        with leaderboard.open(newline="", encoding="utf-8") as file:
            ranked = best_first(csv.DictReader(file), TEXT_TO_IMAGE)
    except ProvenanceError as error:
        raise ProvenanceError(
            f"{error}; or name the pair to search with by --pair, one of {', '.join(names)}"
        ) from error
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise SearchError(
            f"{leaderboard}: cannot be read ({type(error).__name__}: {error}), so it does not say "
            f"which pair has the highest {NAMES[PRIMARY]}; name one of {', '.join(names)} with "
            "--pair, or write it again with: kedro run --pipelines reporting"
        ) from error
    return next((pair for pair in ranked if pair in names), names[0])
