import os
import signal

import pytest
from torch.distributed.elastic.multiprocessing.api import _terminate_process_handler

from shopclip.dualencoder.parallel.process_group import TAKEN, signals_given_back


def launch(sent=None):
    """As torch's launcher does: take the signals, and get one while at work."""
    for number in TAKEN:
        signal.signal(number, _terminate_process_handler)
    if sent is not None:
        os.kill(os.getpid(), sent)


@pytest.fixture
def handlers():
    """Those of before, which are put back whatever a test did."""
    before = {number: signal.getsignal(number) for number in TAKEN}
    yield before
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("sent", "raised", "code"),
    [(signal.SIGINT, KeyboardInterrupt, None), (signal.SIGTERM, SystemExit, 143)],
)
def test_an_interruption_stays_one_while_the_launcher_is_at_work(handlers, sent, raised, code):
    with pytest.raises(raised) as caught, signals_given_back():
        launch(sent)
    assert getattr(caught.value, "code", None) == code
    assert {number: signal.getsignal(number) for number in TAKEN} == handlers


def test_a_launcher_that_has_ended_keeps_no_signal(handlers):
    with signals_given_back():
        launch()
    assert {number: signal.getsignal(number) for number in TAKEN} == handlers
