import asyncio
import threading

import pytest

from shopclip.search.server.picture_lane import BusyError, PictureLane


@pytest.fixture
def lane():
    one = PictureLane(workers=2, waiting=3)
    yield one
    one.close()


def test_so_many_are_answered_so_many_wait_and_the_others_are_told_to_come_again(lane):
    gate, running = threading.Event(), []

    def query(number):
        running.append(number)
        gate.wait(10)
        return number

    async def ask():
        asked = [asyncio.create_task(lane.run(lambda _, n=n: query(n))) for n in range(8)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_EXCEPTION)
        assert sorted(running) == [0, 1]
        gate.set()
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert told[:5] == [0, 1, 2, 3, 4]
        assert all(isinstance(one, BusyError) for one in told[5:])
        return await lane.run(lambda _: "again")

    assert asyncio.run(ask()) == "again"


def test_an_error_of_a_query_is_raised_and_its_place_is_free_again(lane):
    async def ask():
        for _ in range(20):
            with pytest.raises(ValueError, match="no"):
                await lane.run(lambda _: int("no"))

    asyncio.run(ask())
