"""What can be wrong with MLflow's store, said so that it can be mended."""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from filelock import Timeout
from kedro.config import MissingConfigException

from shopclip.dualencoder import storage
from shopclip.errors import ShopclipError, first_line

PATIENCE = 30.0  # seconds that another program may keep the database to itself
_SQLITE = "sqlite:///"

# It writes pages of traceback about what is told here in a line.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)


class TrackingError(ShopclipError):
    """MLflow's store cannot be opened."""


def tracking_uri(context: Any) -> str:
    """`server.mlflow_tracking_uri` of mlflow.yml, or nothing."""
    loader = context.config_loader
    loader.config_patterns.setdefault("mlflow", ["mlflow*", "mlflow*/**", "**/mlflow*"])
    try:
        server = loader["mlflow"].get("server") or {}
    except MissingConfigException:
        return ""
    return server.get("mlflow_tracking_uri") or ""


def wait_for(uri: str, seconds: float) -> None:
    """Wait until a database in a file can be written; those of a server wait for themselves.

    Raises:
        sqlite3.Error: it cannot be, even after so many seconds.
    """
    if not uri.startswith(_SQLITE) or not _file(uri).exists():
        return
    connected = sqlite3.connect(_file(uri), timeout=seconds, isolation_level=None)
    with closing(connected) as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("ROLLBACK")


@contextmanager
def opening(uri: str) -> Iterator[None]:
    """Raises:
    TrackingError: whatever went wrong, with the store's name and a remedy.
    """
    try:
        yield
    except ShopclipError:
        raise
    except Exception as error:  # MLflow's, SQLAlchemy's, SQLite's, the system's
        raise TrackingError("; ".join(filter(None, explain(error, uri)))) from error


def explain(error: BaseException, uri: str) -> tuple[str, str]:
    """What is wrong with the store of this URI, and what to do."""
    told = str(error)
    store = str(_file(uri)) if uri.startswith(_SQLITE) else uri or "MLflow's store"
    if "is locked" in told or isinstance(error, Timeout):
        return (
            f"{store}: another program keeps MLflow's database to itself",
            f"{PATIENCE:.0f} seconds of waiting did not help. End it (lsof names it), or wait, and "
            "give the same command again",
        )
    if "out-of-date database schema" in told:
        return (
            f"{store}: MLflow's database is of another version of MLflow",
            f"if of an older one, copy the file, then: mlflow db upgrade {uri}; if of a newer one, "
            "upgrade MLflow",
        )
    if "not a database" in told or "malformed" in told:
        return (
            f"{store}: no database, or a damaged one",
            "move it away: a new one is made, without the old runs",
        )
    if "readonly database" in told or "unable to open database" in told:
        error = PermissionError(errno.EACCES, "")
    if "database or disk is full" in told:
        error = OSError(errno.ENOSPC, "")
    found = storage.explain(error, Path(store))
    return found or f"{store}: MLflow cannot use it ({first_line(error)[:300]})", ""


def _file(uri: str) -> Path:
    return Path(uri.removeprefix(_SQLITE).partition("?")[0])
