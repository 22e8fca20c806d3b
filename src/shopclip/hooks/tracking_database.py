"""MLflow's database where it is an SQLite file: its lock, and how it comes to be, whole or not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from shopclip.files.atomic import atomic_file

PATIENCE = 30.0  # seconds that another program may keep the database to itself


def file_of(uri: str) -> Path | None:
    """The file of a database; None for one of a server, in memory, or none at all."""
    if not uri.startswith("sqlite:"):
        return None
    from sqlalchemy import make_url

    name = make_url(uri).database
    return Path(name) if name and not name.startswith((":memory:", "file:")) else None


def lock_of(uri: str, project: Path) -> Path:
    """The file to lock by whoever makes the database, or looks what is there before it writes.

    It lies beside the database, for all projects that keep their runs there. Those of one project
    that ask a server share one as well.
    """
    file = file_of(uri) or project / "mlflow.db"
    return file.with_name(f"{file.name}.lock")


def make(file: Path) -> None:
    """Make a database that is not there yet, or is empty.

    MLflow would make it table by table, and cannot go on with what a killed run left of that.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    if file.exists() and not is_empty(file):
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    from mlflow.tracking._tracking_service.utils import DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH

    with atomic_file(file) as draft:
        store = SqlAlchemyStore(
            f"sqlite:///{draft.absolute()}", DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH
        )
        store.engine.dispose()


def wait_for(file: Path, seconds: float) -> None:
    """Wait until the database can be written, if it is there.

    Raises:
        sqlite3.Error: it cannot be, even after so many seconds.
    """
    if not file.exists():
        return
    connected = sqlite3.connect(file, timeout=seconds, isolation_level=None)
    with closing(connected) as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("ROLLBACK")


def is_empty(file: Path) -> bool:
    """Whether there is no table: what is left where somebody looked for a database."""
    return file.stat().st_size == 0 or _tables(file) == set()


def is_half_made(file: Path) -> bool:
    """Whether its making was cut short: MLflow ends it with the experiment `Default`."""
    tables = _tables(file)
    if not tables or "experiments" not in tables:
        return bool(tables)
    with suppress(sqlite3.Error), _reading(file) as database:
        return database.execute("SELECT count(*) FROM experiments").fetchone() == (0,)
    return False


def _tables(file: Path) -> set[str] | None:
    """None where it is not for us to tell: missing, locked, or no database."""
    try:
        with _reading(file) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return {name for (name,) in tables}
    except sqlite3.Error:
        return None


@contextmanager
def _reading(file: Path) -> Iterator[sqlite3.Connection]:
    connected = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    with closing(connected) as database:
        yield database
