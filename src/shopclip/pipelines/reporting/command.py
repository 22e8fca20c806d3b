"""The command that a report was written by."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from shopclip.credentials import mask_credentials
from shopclip.pipelines.reporting.experiment import without_folders

MODULES = ("kedro", "shopclip")  # those that `python -m` runs as `kedro` does
NEXT = re.compile(r",(?=[\w.]+[=:])")  # between two parameters; a value may hold commas of its own


def kedro_command(arguments: Sequence[str] | None = None) -> str | None:
    """The `kedro` command of this process, without the folders of the machine.

    None where something else began the run, such as a notebook or a test.

    Args:
        arguments: of the process, its program first; those of `sys.argv` by default.
    """
    program, *rest = sys.argv if arguments is None else arguments
    path = Path(program)
    if path.stem == "kedro":
        words = ["kedro"]
    elif path.name == "__main__.py" and path.parent.name in MODULES:
        words = ["python", "-m", path.parent.name]
    else:
        return None
    return " ".join([*words, *(_quoted(_shortened(mask_credentials(one))) for one in rest)])


def _shortened(argument: str) -> str:
    """A path, or the value of an option or a parameter, each without its folders."""
    return ",".join(_value(one) for one in NEXT.split(argument))


def _value(parameter: str) -> str:
    name, sign, value = parameter.partition("=")
    if sign and re.fullmatch(r"[\w.-]+", name):
        return f"{name}={_shortened(value)}"
    return without_folders(parameter)


def _quoted(argument: str) -> str:
    """As a shell reads it; the ellipsis of a shortened path needs no quotes."""
    plain = argument.replace("…", "")
    return argument if plain and shlex.quote(plain) == plain else shlex.quote(argument)
