import sys

import pytest

from shopclip.catalogue import CatalogueError
from shopclip.hooks import ErrorHook


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
