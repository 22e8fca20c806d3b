"""Runners that these pipelines can be run with: one node after another, in one thread."""

from __future__ import annotations

from typing import Any

from kedro.runner import SequentialRunner
from kedro.utils import load_obj

from shopclip.errors import ShopclipError

REMEDY = (
    "for more at a time, start `kedro run --pipelines training --namespaces PAIR` once for each "
    "pair, or set training.workers"
)


class RunnerError(ShopclipError):
    """A runner with which results would depend on chance, or a name of none."""


def check_runner(name: str | None, *, asynchronous: bool, options: dict[str, Any]) -> None:
    """Accept what runs one node after another and loads nothing in threads.

    Two pairs that train in threads share torch's generator, so that the same seed gives other
    weights, and libraries that are imported by both at once break; processes of Kedro's leave
    MLflow's runs open.

    Args:
        name: of `--runner`, None for Kedro's own choice.
        asynchronous: whether `--async` is given.
        options: of `--runner-params`.

    Raises:
        RunnerError: it is another runner, or there is none of this name.
    """
    if asynchronous or options.get("is_async"):
        raise RunnerError(f"--async: datasets would be loaded in threads; leave it out; {REMEDY}")
    if name in (None, SequentialRunner.__name__):
        if others := sorted(options.keys() - {"is_async"}):
            raise RunnerError(f"--runner-params {', '.join(others)}: SequentialRunner takes none")
        return
    try:
        kind = load_obj(str(name), "kedro.runner")
    except (ImportError, AttributeError, ValueError) as error:
        raise RunnerError(
            f"--runner {name}: there is no such runner; expected SequentialRunner, which runs "
            f"anyway; {REMEDY}"
        ) from error
    if not (isinstance(kind, type) and issubclass(kind, SequentialRunner)):
        raise RunnerError(
            f"--runner {name}: expected SequentialRunner, for nodes that train at the same time in "
            f"one program spoil each other's results; {REMEDY}"
        )
