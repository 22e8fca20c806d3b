"""`kedro run` of this project: Kedro's own, which says in one line what cannot be run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import wraps
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.io import DatasetNotFoundError

from shopclip.errors import ShopclipError, first_line
from shopclip.printing import print_plainly
from shopclip.session.project import find_project
from shopclip.session.selection import check_runner, wrong_selection

INTERRUPTED = 130  # as the shell has it of Ctrl-C


class OptionError(ShopclipError):
    """The value of an option cannot be read."""


@wraps(kedro_run.callback)  # type: ignore[arg-type]
def _run(**options: Any) -> Any:
    from kedro.framework.project import pipelines

    print_plainly()
    find_project(options["conf_source"])
    check_runner(
        options["runner"], asynchronous=options["is_async"], options=options["runner_params"] or {}
    )
    try:
        return kedro_run.callback(**options)  # type: ignore[misc]
    except (ValueError, DatasetNotFoundError) as error:  # Kedro's, of names; or of a node
        pipelines.set_requested(None)  # all of them: the name may be another one's
        if (wrong := wrong_selection(options, dict(pipelines))) is not None:
            raise wrong from error
        raise
    except KeyboardInterrupt:
        print("\ninterrupted; the same command again resumes there", file=sys.stderr)
        sys.exit(INTERRUPTED)


def _with_readable_errors(option: click.Parameter) -> click.Parameter:
    """The option, whose value is either understood or refused in one line."""
    callback = option.callback
    if callback is None:
        return option

    @wraps(callback)
    def parse(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        try:
            return callback(context, parameter, value)
        except Exception as error:  # click's, YAML's, OmegaConf's
            message = getattr(error, "message", None) or first_line(error)
            raise OptionError(f"{option.opts[-1]} {value}: {message}") from error

    option = copy(option)
    option.callback = parse
    return option


class _Run(click.Command):
    """Kedro's command; a line is enough where it is called wrongly."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _errors_in_one_line():
            try:
                context = super().make_context(*arguments, **options)
            except click.UsageError as error:
                raise OptionError(error.format_message()) from error
            if context.params.get("env") == "":
                raise OptionError("--env is empty, expected the name of an environment")
            return context

    def invoke(self, context: click.Context) -> Any:
        with _errors_in_one_line():
            return super().invoke(context)


@contextmanager
def _errors_in_one_line() -> Iterator[None]:
    """Kedro's logging asks to show whatever ends the process, from wherever it is configured."""
    try:
        yield
    except Exception:
        from shopclip.settings import ERRORS

        ERRORS.install()
        raise


run = _Run(
    "run",
    callback=_run,
    params=[_with_readable_errors(option) for option in kedro_run.params],
    help=kedro_run.help,
)

cli = click.Group("shopclip", commands={"run": run}, help="Train, compare and search with pairs.")
