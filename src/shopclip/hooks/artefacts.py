"""Which datasets of a catalog are artefacts, and where they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def path_of(catalog: Any, name: str, *, saving: bool = False) -> Path | None:
    """Where a dataset lies, or is to lie; None if it is no artefact on this machine.

    Parameters and what else is in memory only are no artefacts, nor are files of a cloud, folders
    that a node keeps for itself (`is_artefact`), and what the catalog marks with
    `metadata: {provenance: none}`.
    """
    dataset = _dataset(catalog, name)
    path = getattr(dataset, "_filepath", None)
    if path is None or getattr(dataset, "_protocol", "file") != "file":
        return None
    if not getattr(dataset, "is_artefact", True):
        return None
    if (getattr(dataset, "metadata", None) or {}).get("provenance") == "none":
        return None
    if getattr(dataset, "_version", None) is None:
        return Path(path)
    return Path(dataset._get_save_path()) if saving else _loaded_version(dataset)


def is_standalone(catalog: Any, name: str) -> bool:
    """Whether it may be used beside other things than those that it was made from."""
    return bool(getattr(_dataset(catalog, name), "standalone", False))


def _dataset(catalog: Any, name: str) -> Any:
    dataset = catalog.get(name)
    return getattr(dataset, "_dataset", dataset)  # one that is kept in memory as well


def _loaded_version(dataset: Any) -> Path:
    """The folder of all versions where there is none yet."""
    from kedro.io.core import VersionNotFoundError

    try:
        return Path(dataset._get_load_path())
    except VersionNotFoundError:
        return Path(dataset._filepath)
