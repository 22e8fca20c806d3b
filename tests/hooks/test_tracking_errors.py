import sqlite3
from types import SimpleNamespace

import pytest
from kedro.config import MissingConfigException

from shopclip.hooks.tracking_database import file_of, wait_for
from shopclip.hooks.tracking_errors import (
    TrackingError,
    lost,
    opening,
    refuse_artifacts_in,
    tracking_uri,
)


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
        wait_for(file_of(uri), 0.2)


def test_a_database_that_stays_locked_is_named_with_a_remedy(database, another):
    told = refused(f"sqlite:///{database}")
    assert told.startswith(f"{database}: another program keeps MLflow's database to itself; ")
    assert told.endswith("End it (lsof names it), or wait, and give the same command again")


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


def test_a_database_that_was_left_half_made_is_moved_away(database):
    told = refused(f"sqlite:///{database}", RuntimeError("table runs already exists"))
    assert told == (
        f"{database}: MLflow's database is half-made: a run was ended in its first seconds; it "
        "holds no run yet; move it away, and give the same command again"
    )


@pytest.mark.parametrize("content", [None, b""], ids=["gone", "an-empty-one-in-its-place"])
def test_a_database_that_was_removed_is_no_question_of_rights(database, content):
    uri = f"sqlite:///{database}"
    assert lost(uri) is None
    assert lost("http://127.0.0.1:9") is None
    database.unlink()
    if content is not None:
        database.write_bytes(content)
    assert lost(uri) == (
        f"{database}: MLflow's database was removed or moved away while the run was at work"
    )


def test_a_file_in_the_place_of_the_artifacts_is_what_is_named(tmp_path):
    (tmp_path / "mlruns").write_text("mine")
    for location in (
        f"{tmp_path}/mlruns",
        f"{tmp_path}/mlruns/1/artifacts",
        f"file://{tmp_path}/mlruns/1",
    ):
        with pytest.raises(TrackingError) as caught:
            refuse_artifacts_in(location)
        assert str(caught.value) == (
            f"{tmp_path}/mlruns: a file is in the place of the folder in which MLflow keeps "
            "artifacts; move the file away, and give the same command again"
        )
    for location in (f"{tmp_path}/not/there/yet", str(tmp_path), "s3://bucket/mlruns"):
        refuse_artifacts_in(location)


def test_an_error_about_another_file_than_the_database_names_that_file(tmp_path):
    (tmp_path / "mlruns").write_text("mine")
    with pytest.raises(NotADirectoryError) as caught:
        (tmp_path / "mlruns" / "1").mkdir()
    told = refused(f"sqlite:///{tmp_path}/mlflow.db", caught.value)
    assert told.endswith(f"{tmp_path}/mlruns is in the place of a folder: move it away")


def context(content):
    class Loader(dict):
        config_patterns = {}  # noqa: RUF012

        def __missing__(self, key):
            raise MissingConfigException(key)

    return SimpleNamespace(config_loader=Loader(content))


def test_the_address_is_that_of_the_configuration(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    server = {"mlflow_tracking_uri": "sqlite:///a.db"}
    assert tracking_uri(context({"mlflow": {"server": server}})) == "sqlite:///a.db"
    assert tracking_uri(context({"mlflow": {}})) == tracking_uri(context({})) == ""


def test_the_address_that_mlflow_would_take_is_taken_where_none_is_configured(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///b.db")
    assert tracking_uri(context({})) == "sqlite:///b.db"
    server = {"mlflow_tracking_uri": "sqlite:///a.db"}
    assert tracking_uri(context({"mlflow": {"server": server}})) == "sqlite:///a.db"
