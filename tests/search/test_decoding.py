"""A process that decodes: the same pixels as without it, and an end to what would have none."""

import os
import signal
import time

import numpy as np
import pytest

from shopclip.search import QueryError
from shopclip.search.pictures import read_picture
from shopclip.search.server.decoding import DecodingProcess
from tests.catalogue.hostile_pictures import progressive
from tests.conftest import jpeg

SIZE = (40, 30)


@pytest.fixture(scope="module")
def process():
    one = DecodingProcess(seconds=20)
    yield one
    one.close()


def test_the_pixels_are_those_of_decoding_here(process):
    for colour in ("red", "blue"):
        encoded = jpeg(colour, (120, 90))
        found = process.decode(encoded, SIZE)
        assert np.array_equal(found, read_picture(encoded, SIZE))


@pytest.mark.parametrize("encoded", [b"", b"a text", jpeg("red")[:300], b"\xff" * 9_000_000])
def test_what_is_refused_here_is_refused_there_in_the_same_words(process, encoded):
    with pytest.raises(QueryError) as here:
        read_picture(encoded, SIZE)
    with pytest.raises(QueryError) as there:
        process.decode(encoded, SIZE)
    assert str(there.value) == str(here.value)


def test_a_picture_that_takes_too_long_is_given_up_and_the_next_one_decoded():
    process = DecodingProcess(seconds=0.15)
    process.decode(jpeg("red"), SIZE)  # the process is there
    started = time.monotonic()
    with pytest.raises(QueryError, match=r"cannot be decoded within 0\.15 seconds"):
        process.decode(progressive(4000, 4000, 80), SIZE)
    assert time.monotonic() - started < 2
    process.seconds = 20
    assert process.decode(jpeg("red"), SIZE)[..., 0].min() > 240
    process.close()


def test_a_process_that_a_picture_killed_is_replaced(process):
    process.decode(jpeg("red"), SIZE)
    os.kill(process._process.pid, signal.SIGKILL)
    with pytest.raises(QueryError, match="cannot be decoded"):
        process.decode(jpeg("red"), SIZE)
    assert process.decode(jpeg("red"), SIZE).shape == (*SIZE, 3)


def test_closing_ends_the_process_for_good():
    process = DecodingProcess(seconds=20)
    process.decode(jpeg("red"), SIZE)
    child = process._process
    process.close()
    assert child.returncode is not None
