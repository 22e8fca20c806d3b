import sqlite3
import time
from threading import Timer
from types import SimpleNamespace

import pytest
from kedro.config import MissingConfigException

from shopclip.hooks.tracking_errors import TrackingError, opening, tracking_uri, wait_for


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


def refused(uri, error=None):
    with pytest.raises(TrackingError) as caught:
        _open(uri, error)
    return str(caught.value)


def _open(uri, error):
    with opening(uri):
        if error:
            raise error
        wait_for(uri, 0.2)


def test_a_database_that_stays_locked_is_named_with_a_remedy(database, another):
    told = refused(f"sqlite:///{database}")
    assert told.startswith(f"{database}: another program keeps MLflow's database to itself; ")
    assert told.endswith("End it (lsof names it), or wait, and give the same command again")


def test_a_database_that_is_let_go_in_time_is_waited_for(database, another):
    Timer(0.3, lambda: another.execute("rollback")).start()
    started = time.monotonic()
    wait_for(f"sqlite:///{database}", 20)
    assert 0.2 < time.monotonic() - started < 10


def test_waiting_changes_nothing(database):
    before = database.read_bytes()
    wait_for(f"sqlite:///{database}", 0.2)
    assert database.read_bytes() == before


@pytest.mark.parametrize("uri", ["http://127.0.0.1:5000", "", "sqlite:////not/there/yet.db"])
def test_there_is_nothing_to_wait_for(uri):
    wait_for(uri, 0.2)


def test_a_file_that_is_no_database_is_moved_away(database):
    database.write_bytes(b"no database at all" * 100)
    assert "move it away: a new one is made, without the old runs" in refused(
        f"sqlite:///{database}"
    )


def test_a_database_of_another_mlflow_is_upgraded():
    error = RuntimeError("Detected out-of-date database schema (found version a, but expected b).")
    told = refused("sqlite:////shop/mlflow.db", error)
    assert told.startswith("/shop/mlflow.db: MLflow's database is of another version of MLflow; ")
    assert "mlflow db upgrade sqlite:////shop/mlflow.db" in told


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("(sqlite3.OperationalError) attempt to write a readonly database", "Make {} writable"),
        ("(sqlite3.OperationalError) unable to open database file", "Make {} writable"),
        ("(sqlite3.OperationalError) database or disk is full", "Make room there"),
    ],
)
def test_a_disk_that_cannot_be_written_is_said_as_elsewhere(tmp_path, words, remedy):
    told = refused(f"sqlite:///{tmp_path}/mlflow.db", RuntimeError(words))
    assert told.startswith(f"{tmp_path}/mlflow.db: cannot be written: ")
    assert remedy.format(tmp_path) in told


def test_anything_else_is_a_line_too():
    told = refused("http://127.0.0.1:9", ConnectionError("refused\nand much more"))
    assert told == "http://127.0.0.1:9: MLflow cannot use it (refused)"


def context(content):
    class Loader(dict):
        config_patterns = {}  # noqa: RUF012

        def __missing__(self, key):
            raise MissingConfigException(key)

    return SimpleNamespace(config_loader=Loader(content))


def test_the_address_is_that_of_the_configuration():
    server = {"mlflow_tracking_uri": "sqlite:///a.db"}
    assert tracking_uri(context({"mlflow": {"server": server}})) == "sqlite:///a.db"
    assert tracking_uri(context({"mlflow": {}})) == tracking_uri(context({})) == ""
