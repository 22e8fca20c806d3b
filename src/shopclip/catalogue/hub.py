"""Data sets of the Hugging Face hub."""

from __future__ import annotations

import re
from pathlib import Path

from shopclip.catalogue.columns import CatalogueError
from shopclip.errors import first_line

DATASET_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
PATTERNS = ["*.parquet", "**/*.parquet"]
TIMEOUT = 10  # seconds that the hub may take to answer


def download(dataset: str) -> Path:
    """The folder with the parquet files of a data set, given by its `owner/name`.

    They are downloaded into the cache of the hub, with progress; once they are there, the network
    is not asked.

    Raises:
        CatalogueError: they are not in the cache and cannot be downloaded, the download broke off,
            or there are none.
    """
    folder = _cached(dataset) or _download(dataset)
    if next(folder.rglob("*.parquet"), None) is None:
        raise CatalogueError(
            f"catalogue.path: the data set {dataset} of the hub has no parquet files; download "
            "its files yourself and give their folder"
        )
    return folder


def _cached(dataset: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:  # incomplete ones raise it too
        folder = snapshot_download(
            dataset, repo_type="dataset", allow_patterns=PATTERNS, local_files_only=True
        )
    except (LocalEntryNotFoundError, OSError, ValueError):
        return None
    return Path(folder) if next(Path(folder).rglob("*.parquet"), None) else None


def _download(dataset: str) -> Path:
    from huggingface_hub import HfApi, snapshot_download

    try:
        # Asked first because, out of reach, the download itself would retry for half a minute.
        HfApi().dataset_info(dataset, timeout=TIMEOUT)
    except Exception as unreachable:  # the hub's clients raise a dozen kinds
        why = first_line(unreachable)
        raise CatalogueError(
            f"catalogue.path: {dataset} is no file or folder here, and as a data set of the "
            f"Hugging Face hub it is not in the cache and could not be downloaded ({why}). Either "
            f"connect once and run `hf download --repo-type dataset {dataset}`, or give the path "
            "of a Kaggle folder, a CSV or a parquet file, or `sample` for the built-in catalogue"
        ) from unreachable
    try:
        return Path(
            snapshot_download(
                dataset, repo_type="dataset", allow_patterns=PATTERNS, etag_timeout=TIMEOUT
            )
        )
    except Exception as broken_off:  # a part of a file is never taken for one
        raise CatalogueError(
            f"catalogue.path: the download of {dataset} from the Hugging Face hub broke off "
            f"({first_line(broken_off)}). The files that are complete are kept; give the same "
            "command again for the others"
        ) from broken_off
