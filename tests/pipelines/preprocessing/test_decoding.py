import numpy as np

from shopclip.files.image_store import Rejection
from shopclip.pipelines.preprocessing.decoding import AHEAD, decode_stream
from tests.conftest import jpeg


def test_order_is_kept_and_a_broken_image_does_not_stop_the_others():
    count = 2 * AHEAD + 3
    encoded = [jpeg((i % 250, 0, 0)) for i in range(count)]
    encoded[5] = b"broken"
    found = list(decode_stream([str(i) for i in range(count)], encoded, (80, 60)))
    assert [id_ for id_, _ in found] == [str(i) for i in range(count)]
    assert isinstance(found[5][1], Rejection)
    assert found[5][1].reason == "unreadable image"
    reds = [image[0, 0, 0] for id_, image in found if id_ != "5"]
    expected = [i % 250 for i in range(count) if i != 5]
    assert np.abs(np.array(reds, int) - expected).max() <= 2  # JPEG is not exact


def test_only_a_few_images_are_read_ahead():
    read = 0

    def counted():
        nonlocal read
        for _ in range(10 * AHEAD):
            read += 1
            yield jpeg("red", size=(6, 8))

    stream = decode_stream([str(i) for i in range(10 * AHEAD)], counted(), (8, 6))
    next(stream)
    assert read <= AHEAD
    stream.close()
