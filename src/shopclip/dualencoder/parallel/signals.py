"""What Ctrl-C and its like mean while torch's launcher is at work, and after it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

TAKEN = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)  # by the launcher


@contextmanager
def signals_given_back() -> Iterator[None]:
    """Let an interruption be one again, and no error that a caller may catch or take for a failure.

    The launcher takes these signals in the main thread, raises an Exception of its own when one
    comes, and keeps them when it has ended.
    """
    from torch.distributed.elastic.multiprocessing import SignalException

    before = {number: signal.getsignal(number) for number in TAKEN}
    try:
        yield
    except SignalException as error:
        if error.sigval == signal.SIGINT:
            raise KeyboardInterrupt from error
        raise SystemExit(128 + error.sigval) from error
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is not handler:
                signal.signal(number, handler)
