"""An error that the user can mend ends the run with its message, not with a page of code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import TracebackType

from kedro.framework.hooks import hook_impl

from shopclip.errors import ShopclipError


class ErrorHook:
    """Hides the traceback of a `ShopclipError` when it would reach the terminal.

    Whoever calls a session from Python still gets the exception itself.
    """

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        cause = next((one for one in _chain(error) if isinstance(one, ShopclipError)), None)
        if cause is not None:
            _print_instead_of_traceback(error, cause)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _print_instead_of_traceback(error: Exception, cause: ShopclipError) -> None:
    usual = sys.excepthook

    def excepthook(
        kind: type[BaseException], value: BaseException, traceback: TracebackType | None
    ) -> None:
        if value is error:
            print(f"Error: {cause}", file=sys.stderr)
        else:
            usual(kind, value, traceback)

    sys.excepthook = excepthook
