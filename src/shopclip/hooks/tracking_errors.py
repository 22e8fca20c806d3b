"""What can be wrong with MLflow's store, said so that it can be fixed."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import Timeout
from kedro.config import MissingConfigException

from shopclip.errors import ShopclipError, first_line
from shopclip.files import storage
from shopclip.hooks.tracking_database import PATIENCE, file_of, is_empty, is_half_made
from shopclip.printing import mask_credentials

# They write pages of traceback about what is told here in a line, or about Ctrl-C in a statement.
for chatty in ("mlflow.store.db.utils", "sqlalchemy.pool"):
    logging.getLogger(chatty).setLevel(logging.CRITICAL)


class TrackingError(ShopclipError):
    """MLflow's store cannot be opened."""


def tracking_uri(context: Any) -> str:
    """`server.mlflow_tracking_uri` of mlflow.yml, or MLflow's own variable, or nothing."""
    loader = context.config_loader
    loader.config_patterns.setdefault("mlflow", ["mlflow*", "mlflow*/**", "**/mlflow*"])
    try:
        server = loader["mlflow"].get("server") or {}
    except MissingConfigException:
        server = {}
    return server.get("mlflow_tracking_uri") or os.environ.get("MLFLOW_TRACKING_URI", "")


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
    message, file = str(error), file_of(uri)
    store = mask_credentials(str(file or uri or "MLflow's store"))
    if "is locked" in message or isinstance(error, Timeout):
        return (
            f"{store}: another program keeps MLflow's database to itself",
            f"{PATIENCE:.0f} seconds of waiting did not help. End it (lsof names it), or wait, and "
            "give the same command again",
        )
    if file is not None and is_half_made(file):
        return (
            f"{store}: MLflow's database is half-made: a run was ended in its first seconds",
            "it holds no run yet; move it away, and give the same command again",
        )
    if "out-of-date database schema" in message:
        return (
            f"{store}: MLflow's database is of another version of MLflow",
            f"if of an older one, copy the file, then: mlflow db upgrade {uri}; if of a newer one, "
            "upgrade MLflow",
        )
    if "not a database" in message or "malformed" in message:
        return (
            f"{store}: no database, or a damaged one",
            "move it away: a new one is made, without the old runs",
        )
    if "readonly database" in message or "unable to open database" in message:
        error = PermissionError(errno.EACCES, "")
    if "database or disk is full" in message:
        error = OSError(errno.ENOSPC, "")
    reason = storage.explain(error, _place(error) or Path(store))
    return reason or f"{store}: MLflow cannot use it ({first_line(error)[:300]})", ""


def lost(uri: str) -> str | None:
    """What has become of a database since the run began; None if it is still there."""
    file = file_of(uri)
    if file is None or (file.exists() and not is_empty(file)):
        return None
    return f"{file}: MLflow's database was removed or moved away while the run was at work"


def refuse_artifacts_in(location: str) -> None:
    """Raises:
    TrackingError: what is in the place of the folder of artifacts, if it is one on this machine.
    """
    from mlflow.utils.file_utils import local_file_uri_to_path
    from mlflow.utils.uri import is_local_uri

    if not is_local_uri(location):
        return
    folder = Path(local_file_uri_to_path(location))
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            raise TrackingError(
                f"{place}: a file is in the place of the folder in which MLflow keeps artifacts; "
                "move the file away, and give the same command again"
            )


def _place(error: BaseException) -> Path | None:
    """The file or folder that the error is about, which may be another than the database."""
    filename = getattr(error, "filename", None)
    return Path(filename) if isinstance(filename, str | os.PathLike) else None
