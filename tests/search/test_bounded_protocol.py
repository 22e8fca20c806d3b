"""Heads, bodies and answers that never end are cut off; what is merely slow is not."""

import json
import socket
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn

from shopclip.search.server import bounded_protocol as module
from shopclip.search.server.bounded_protocol import MAX_HEAD, BoundedProtocol

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"
LARGE = b"x" * 5_000_000


async def application(scope, receive, send):
    """Answers with the length of the body, or with a large one where asked for."""
    read = 0
    while True:
        message = await receive()
        read += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    body = LARGE if scope["path"] == "/large" else str(read).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port():
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            application,
            http=BoundedProtocol,
            ws="none",
            lifespan="off",
            log_level="error",
            timeout_keep_alive=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield opened.getsockname()[1]
        server.should_exit = True
        thread.join(10)


@pytest.fixture(autouse=True)
def short_times(monkeypatch):
    for name, seconds in [("HEAD", 0.4), ("BODY", 0.6), ("SENDING", 0.5), ("CLOSING", 0.2)]:
        monkeypatch.setattr(module, f"{name}_SECONDS", seconds)


@contextmanager
def connection(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connected:
        yield connected


def read_all(connected):
    """Whatever comes until the other end closes."""
    parts = []
    try:
        while part := connected.recv(65536):
            parts.append(part)
    except ConnectionResetError:  # it had not read all that was sent
        pass
    return b"".join(parts)


def status_and_error(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["error"]


def dribble(connected, part, seconds=3.0):
    """Send a part again and again; seconds until the other end would have no more of it."""
    started = time.monotonic()
    try:
        while time.monotonic() - started < seconds:
            connected.sendall(part)
            time.sleep(0.05)
    except OSError:
        pass
    return time.monotonic() - started


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (b"", b"\r\n"),
        (b"", b"G"),
        (HEAD + b"X: ", b"a"),
        (HEAD, b"X: a\r\n"),
        (HEAD + b"Content-Length: 1000\r\n\r\n", b"a"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"T: a\r\n"),
    ],
    ids=["empty lines", "method", "header", "headers", "body", "chunks", "trailers"],
)
def test_what_comes_in_drops_is_cut_off(port, start, part):
    with connection(port) as connected:
        connected.sendall(start)
        assert dribble(connected, part) < 2


def test_a_head_that_does_not_end_in_time_is_told_so(port):
    with connection(port) as connected:
        connected.sendall(HEAD)
        started = time.monotonic()
        answer = status_and_error(read_all(connected))
    assert answer == (408, "the query took too long to arrive")
    assert 0.3 < time.monotonic() - started < 2


def test_a_connection_that_says_nothing_is_closed_without_a_word(port):
    with connection(port) as connected:
        assert read_all(connected) == b""


def test_a_connection_that_falls_silent_after_an_answer_is_closed(port):
    with connection(port) as connected:
        connected.sendall(HEAD + b"Content-Length: 2\r\n\r\nab")
        assert connected.recv(1000).endswith(b"2")
        assert dribble(connected, b"\r\n") < 2


@pytest.mark.parametrize("pieces", [1, 40])
@pytest.mark.parametrize("what", ["header", "headers", "address"])
def test_a_head_that_is_too_large_is_refused(port, what, pieces):
    large = b"a" * (MAX_HEAD + 1000)
    head = {
        "header": HEAD + b"X: " + large,
        "headers": HEAD + b"X: aaaaaa\r\n" * (MAX_HEAD // 8 + 100),
        "address": b"GET /" + large + b" HTTP/1.1\r\n",
    }[what]
    step = -(-len(head) // pieces)
    with connection(port) as connected:
        for start in range(0, len(head), step):
            connected.sendall(head[start : start + step])
            time.sleep(0.003 if pieces > 1 else 0)
        connected.sendall(b"\r\n\r\n")
        assert status_and_error(read_all(connected)) == (431, "the head is larger than 16 kB")


def test_trailers_without_end_are_refused(port):
    with connection(port) as connected:
        connected.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n")
        connected.sendall(b"T: aaaaaaaaaa\r\n" * 3000)
        assert status_and_error(read_all(connected))[0] == 431


def test_a_body_in_tiny_chunks_is_refused(port):
    with connection(port) as connected:
        connected.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 2000)
        assert status_and_error(read_all(connected)) == (
            413,
            "the query comes in too many small chunks",
        )


def test_nonsense_is_one_message_in_json(port):
    with connection(port) as connected:
        connected.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        assert status_and_error(read_all(connected)) == (400, "Invalid HTTP request received.")


def test_an_answer_that_is_not_read_is_given_up(port):
    with connection(port) as connected:
        for _ in range(10):
            connected.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(1.2)
        assert len(read_all(connected)) < 10 * len(LARGE)


def test_many_requests_of_one_connection_are_answered_in_turn(port):
    """Some at once, some after a pause, some in pieces; none is slower than it may be."""
    one = HEAD + b"Content-Length: 3\r\n\r\nabc"
    with connection(port) as connected:
        connected.sendall(one * 5)
        time.sleep(0.3)
        connected.sendall(one[:20])
        time.sleep(0.2)
        connected.sendall(one[20:-2])
        time.sleep(0.2)
        connected.sendall(one[-2:] + b"\r\n")
        assert read_all(connected).count(b"\r\n\r\n3") == 6


def test_a_large_body_in_chunks_of_a_usual_size_arrives(port):
    chunk = b"200\r\n" + b"a" * 512 + b"\r\n"
    with connection(port) as connected:
        connected.sendall(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 4000 + b"0\r\n\r\n"
        )
        assert connected.recv(1000).endswith(str(512 * 4000).encode())
