"""An error that the user can fix ends the run with its message, not with a page of code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from traceback import clear_frames
from types import TracebackType
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.validation.exceptions import DataValidationError

from shopclip.datasets.errors import UnreadableError
from shopclip.errors import ShopclipError
from shopclip.files import storage
from shopclip.hooks.made_by import command_for, dataset_at
from shopclip.printing import mask_credentials, printable


class ErrorHook:
    """Hides the traceback of what the user can fix when it would reach the terminal.

    Whoever calls a session from Python still gets the exception itself.
    """

    def __init__(self) -> None:
        self._remedy = ""
        self._usual = sys.excepthook

    @hook_impl(tryfirst=True)
    def after_context_created(self) -> None:
        """Before there is a pipeline: other hooks may refuse to begin."""
        self._remedy = ""
        self.install()

    @hook_impl
    def on_pipeline_error(
        self, error: Exception, run_params: Any = None, pipeline: Any = None, catalog: Any = None
    ) -> None:
        self._remedy = ""
        if command := _command(error, run_params or {}, pipeline, catalog):
            self._remedy = f"; make it again with: {command}"
        self.install()

    def install(self) -> None:
        """Be asked first of whatever would end this process."""
        if getattr(sys.excepthook, "__self__", None) is not self:
            self._usual, sys.excepthook = sys.excepthook, self._excepthook

    def _excepthook(
        self, kind: type[BaseException], value: BaseException, traceback: TracebackType | None
    ) -> None:
        message = explain(value) if isinstance(value, Exception) else None
        if message is None:
            self._usual(kind, value, traceback)
        else:
            for one in _chain(value):  # what they hold, such as a progress bar, ends before
                clear_frames(one.__traceback__)
            line = printable(mask_credentials(f"{message}{self._remedy}"))
            print(f"Error: {line}", file=sys.stderr)


def explain(error: BaseException) -> str | None:
    """What the user is told; None where the error is a mistake in the code."""
    last = error
    for last in _chain(error):
        if isinstance(last, ShopclipError):
            return str(last)
        if isinstance(last, DataValidationError) and last.mode == "load":
            why = "; ".join(f"{one.column or 'table'}: {one.message}" for one in last.failures[:3])
            return f"{last.dataset_name}: of another version of shopclip, or damaged ({why})"
    if not isinstance(last, OSError) or last.errno not in storage.FULL:
        return None
    # Written past all rooms that would have said so themselves.
    return storage.explain(last, Path(last.filename or Path.cwd()))


def _command(
    error: BaseException, run_params: dict[str, Any], pipeline: Any, catalog: Any
) -> str | None:
    """The one that makes what could not be read."""
    for one in _chain(error):
        dataset = None
        if isinstance(one, UnreadableError) and catalog is not None:
            dataset = dataset_at(one.file, pipeline.datasets(), catalog)
        if isinstance(one, DataValidationError) and one.mode == "load":
            dataset = one.dataset_name
        if dataset is not None:
            return command_for(dataset, run_params.get("env"))
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
