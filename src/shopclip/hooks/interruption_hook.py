"""A run that is interrupted ends for the hooks as one that failed does: Kedro does not tell them.

Ctrl-C is no error of the pipeline, so that `on_pipeline_error` is not called for it, and a process
that is told to end (SIGTERM) does not even leave its stack.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Any

from kedro.framework.hooks import hook_impl

# What a scheduler, a container or a closed terminal sends; where somebody else has a say, as under
# nohup, it stays theirs.
ENDING = (signal.SIGTERM, signal.SIGHUP)


class InterruptionHook:
    """Calls `on_pipeline_error` of all hooks for a run that has left without an end.

    A process finds that out when it exits, a notebook at the end of the cell, and a prompt when the
    next run begins.
    """

    _facts: dict[str, Any] | None = None  # of the run at work, as hooks are given them
    _process = 0

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        self._abandon()
        self._tell = context._hook_manager.hook.on_pipeline_error

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Any, catalog: Any) -> None:
        self._facts = {"run_params": run_params, "pipeline": pipeline, "catalog": catalog}
        self._process, self._met = os.getpid(), getattr(sys, "last_value", None)
        atexit.register(self._abandon)
        if threading.current_thread() is not threading.main_thread():
            return  # signals are not sent to it, and a cell may end before it does
        if (notebook := _notebook()) is not None:
            notebook.events.register("post_run_cell", self._after_cell)
        for number in ENDING:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._leave)

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        self._over()

    @hook_impl(trylast=True)
    def on_pipeline_error(self) -> None:
        self._over()

    def _leave(self, number: int, frame: FrameType | None) -> None:
        """Unwind the stack, as Ctrl-C does; what a process forked from this one ends at once."""
        if os.getpid() != self._process:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        sys.exit(128 + number)  # as a shell would tell of it

    def _after_cell(self, *_: Any) -> None:
        self._abandon()

    def _abandon(self) -> None:
        """End a run whose session is gone, with the error that it met if there was one."""
        facts, self._facts = self._facts, None
        if facts is None or os.getpid() != self._process:
            return
        met = getattr(sys, "last_value", None)
        refused = isinstance(met, Exception) and met is not self._met  # by a hook, before the run
        self._tell(error=met if refused else KeyboardInterrupt(), **facts)

    def _over(self) -> None:
        self._facts = None
        atexit.unregister(self._abandon)
        for number in ENDING:
            if signal.getsignal(number) == self._leave:
                signal.signal(number, signal.SIG_DFL)
        if (notebook := _notebook()) is not None:
            with suppress(ValueError):  # it was begun in a thread
                notebook.events.unregister("post_run_cell", self._after_cell)


def _notebook() -> Any:
    """IPython's shell, if this process is one's."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None
