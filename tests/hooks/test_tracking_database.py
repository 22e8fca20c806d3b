import os
import shutil
import signal
import sqlite3
import time
from pathlib import Path
from threading import Timer

import pytest

from shopclip.hooks.tracking_database import (
    file_of,
    is_empty,
    is_half_made,
    lock_of,
    make,
    wait_for,
)
from tests.project import empty_database


@pytest.fixture
def database(tmp_path):
    file = tmp_path / "mlflow.db"
    with sqlite3.connect(file) as made:
        made.execute("create table runs (id)")
    made.close()
    return file


@pytest.fixture
def another(database):
    """Another program that has the database to itself."""
    connected = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    connected.execute("begin exclusive")
    yield connected
    connected.close()


def test_a_database_that_is_let_go_in_time_is_waited_for(database, another):
    Timer(0.3, lambda: another.execute("rollback")).start()
    started = time.monotonic()
    wait_for(database, 20)
    assert 0.2 < time.monotonic() - started < 10


def test_waiting_changes_nothing(database):
    before = database.read_bytes()
    wait_for(database, 0.2)
    assert database.read_bytes() == before


def test_there_is_nothing_to_wait_for_where_there_is_no_database(tmp_path):
    wait_for(tmp_path / "not/there/yet.db", 0.2)
    assert not (tmp_path / "not").exists()


@pytest.mark.parametrize(
    ("uri", "file"),
    [
        ("sqlite:////shop/a b/mlflow.db", Path("/shop/a b/mlflow.db")),
        ("sqlite:///runs.db?timeout=3", Path("runs.db")),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("http://127.0.0.1:5000", None),
        ("", None),
    ],
)
def test_only_some_stores_are_a_file(uri, file):
    assert file_of(uri) == file


def test_the_lock_is_the_databases_and_not_a_projects(tmp_path):
    uri = f"sqlite:///{tmp_path}/shared/mlflow.db"
    locks = {lock_of(uri, tmp_path / project) for project in ("one", "two")}
    assert locks == {tmp_path / "shared/mlflow.db.lock"}
    assert lock_of("http://host", tmp_path) == tmp_path / "mlflow.db.lock"


def killed_at(statement, do):
    """Do it in another process, which is killed before it sends this statement to a database."""
    process = os.fork()
    if process == 0:
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        sent = []

        def count(*_):
            sent.append(1)
            if len(sent) == statement:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(Engine, "before_cursor_execute", count)
        do()
        os._exit(len(sent) > 0)
    assert os.waitpid(process, 0)[1] == signal.SIGKILL


def as_mlflow_does(file):
    """Make the database in its place, as earlier versions let MLflow do."""
    from mlflow import MlflowClient

    MlflowClient(f"sqlite:///{file}").search_experiments()


def tables(file):
    with sqlite3.connect(file) as made:
        found = {name for (name,) in made.execute("select name from sqlite_master")}
    made.close()
    return found


def test_a_database_whose_making_was_killed_is_made_by_the_next_run(tmp_path):
    file = tmp_path / "mlflow.db"
    for statement in (2, 60, 200):
        killed_at(statement, lambda: make(file))
        assert not file.exists()
    make(file)
    assert [one.name for one in tmp_path.iterdir()] == ["mlflow.db"]
    assert tables(file) == tables(empty_database())
    assert not is_half_made(file)
    before = file.stat()
    make(file)
    assert file.stat() == before


def test_what_an_earlier_version_left_half_made_is_known(tmp_path):
    file = tmp_path / "mlflow.db"
    killed_at(60, lambda: as_mlflow_does(file))
    assert is_half_made(file)
    assert not is_empty(file)
    before = file.read_bytes()
    make(file)
    assert file.read_bytes() == before  # it is not ours to throw away


def test_a_database_without_a_run_is_whole(tmp_path):
    file = Path(shutil.copy(empty_database(), tmp_path / "mlflow.db"))
    assert not is_half_made(file)
    assert not is_empty(file)


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_only_what_is_empty_is_made_anew(tmp_path, content):
    file = tmp_path / "mlflow.db"
    file.write_bytes(content)
    assert is_empty(file) == (content == b"")
    assert not is_half_made(file)
