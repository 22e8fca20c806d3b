import errno
import sys
from types import SimpleNamespace

import pandas as pd
import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node
from kedro.validation.exceptions import CheckFailure, DataValidationError

from shopclip.catalogue import CatalogueError
from shopclip.datasets import UnreadableError
from shopclip.hooks import ErrorHook
from shopclip.hooks import made_by as origins


@pytest.fixture(autouse=True)
def usual_hook(monkeypatch):
    """What would have been told to the terminal by the usual hook."""
    told = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, value, trace: told.append(value))
    return told


def wrapped(cause):
    """An error as Kedro raises it, with the real one underneath."""
    try:
        try:
            raise cause
        except Exception as error:
            raise RuntimeError("Failed while loading data from dataset") from error
    except RuntimeError as error:
        return error


def test_an_error_for_the_user_ends_in_its_message_alone(capsys, usual_hook):
    error = wrapped(CatalogueError("shop.csv: column id is missing"))
    ErrorHook().on_pipeline_error(error)
    sys.excepthook(type(error), error, error.__traceback__)
    assert capsys.readouterr().err == "Error: shop.csv: column id is missing\n"
    assert usual_hook == []


def test_an_error_of_ours_keeps_its_traceback(capsys, usual_hook):
    error = wrapped(KeyError("a mistake in the code"))
    ErrorHook().on_pipeline_error(error)
    sys.excepthook(type(error), error, error.__traceback__)
    assert usual_hook == [error]


def test_a_later_error_of_another_kind_is_not_hidden(usual_hook):
    ErrorHook().on_pipeline_error(wrapped(CatalogueError("x")))
    later = ValueError("later")
    sys.excepthook(ValueError, later, None)
    assert usual_hook == [later]


def printed(error, capsys, **facts):
    ErrorHook().on_pipeline_error(error, **facts)
    sys.excepthook(type(error), error, error.__traceback__)
    return capsys.readouterr().err


def test_a_hook_that_refuses_to_begin_is_one_line_too(capsys, usual_hook):
    ErrorHook().after_context_created()
    error = CatalogueError("mlflow.db: in use")
    sys.excepthook(type(error), error, None)
    assert capsys.readouterr().err == "Error: mlflow.db: in use\n"
    assert usual_hook == []


def test_what_the_code_held_ends_before_the_last_line(capsys, usual_hook):
    def bar():
        try:
            yield
        finally:
            print("100 %", file=sys.stderr)

    def fails():
        held = bar()
        next(held)
        raise CatalogueError("disk full")

    with pytest.raises(CatalogueError) as caught:
        fails()
    assert printed(caught.value, capsys) == "100 %\nError: disk full\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run of two stages, one of them a pair's."""
    score = node(lambda ranks: ranks, "ranks_a", "metrics_a", name="score", namespace="a")
    embed = node(lambda model: model, "model", "ranks_a", name="embed")
    stages = {"embedding": Pipeline([embed]), "evaluation": Pipeline([score])}
    stages["__default__"] = sum(stages.values(), Pipeline([]))
    monkeypatch.setattr("kedro.framework.project.pipelines", stages)
    config = {
        name: {"type": "shopclip.datasets.ParquetDataset", "filepath": str(tmp_path / name)}
        for name in ("model", "ranks_a", "metrics_a")
    }
    return {
        "run_params": {"env": "test"},
        "pipeline": stages["__default__"],
        "catalog": DataCatalog.from_config(config),
    }


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("ranks_a", "; make it again with: kedro run --env test --pipelines embedding"),
        (
            "metrics_a",
            "; make it again with: kedro run --env test --pipelines evaluation --namespaces a",
        ),
        ("model", ""),
        ("not_of_this_run", ""),
    ],
)
def test_what_cannot_be_read_is_named_with_the_command_that_makes_it(
    run, tmp_path, capsys, usual_hook, name, command
):
    error = wrapped(UnreadableError(tmp_path / name, "it is damaged (torn)"))
    assert printed(error, capsys, **run) == (
        f"Error: {tmp_path / name}: it is damaged (torn){command}\n"
    )


def test_a_table_without_a_column_of_this_version_is_made_anew(run, capsys, usual_hook):
    failure = CheckFailure("column 'row' not in dataframe", column="row")
    error = DataValidationError("x", dataset_name="ranks_a", mode="load", failures=[failure])
    assert printed(error, capsys, **run) == (
        "Error: ranks_a: of another version of shopclip, or damaged (row: column 'row' not in "
        "dataframe); make it again with: kedro run --env test --pipelines embedding\n"
    )


def test_what_is_saved_and_does_not_fit_is_a_mistake_of_ours(run, capsys, usual_hook):
    error = DataValidationError("x", dataset_name="ranks_a", mode="save")
    assert printed(error, capsys, **run) == ""
    assert usual_hook == [error]


def test_a_full_disk_that_nobody_else_named_is_one_line(capsys, usual_hook):
    error = wrapped(OSError(errno.ENOSPC, "No space left on device", "/shop/.viz/stats.json"))
    assert "Error: /shop/.viz/stats.json: cannot be written: No space left" in printed(
        error, capsys
    )


def test_a_dataset_without_a_file_is_no_file(tmp_path):
    catalog = SimpleNamespace(get=lambda _: pd.DataFrame())
    assert origins.dataset_at(tmp_path, {"a"}, catalog) is None
