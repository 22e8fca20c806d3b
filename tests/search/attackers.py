"""Clients that wish a server ill, each a thread that goes on until it is told to stop."""

import base64
import json
import socket
import threading
from collections import Counter
from contextlib import closing, suppress

from tests.catalogue import hostile_pictures as hostile
from tests.conftest import jpeg

HEAD = "{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n"


class Attackers:
    """All of them at once, against a server of this machine.

    Attributes:
        statuses: how often each status was answered.
        faults: answers that no attack should have had.
    """

    def __init__(self, port):
        self.port = port
        self.statuses = Counter()
        self.faults = []
        self._stop = threading.Event()
        self._threads = []

    def __enter__(self):
        bodies = hostile_bodies()
        attacks = [(self._dribble, start) for start in ("GET / HTTP/1.1\r\nX: ", "")]
        attacks += [(kind, None) for kind in (self._linger, self._flood_head, self._chunks)]
        attacks += [(self._post, body) for body in bodies.values()]
        attacks += [(self._post, bodies["slow scans"])] * 8
        attacks += [(self._get, path) for path in hostile_paths()]
        for attack, given in attacks:
            thread = threading.Thread(target=self._again, args=(attack, given), daemon=True)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _again(self, attack, given):
        while not self._stop.is_set():
            with suppress(OSError):  # cut off, as it should be
                attack(given)
            self._stop.wait(0.02)

    def _connect(self):
        connected = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        return closing(connected)

    def _post(self, body):
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._send((HEAD.format("POST", "/api/search") + kind).encode() + body)

    def _get(self, path):
        self._send((HEAD.format("GET", path) + "\r\n").encode())

    def _send(self, request):
        with self._connect() as connected:
            with suppress(OSError):  # the answer may come before the end of the request
                connected.sendall(request)
            answer = connected.recv(65536)
            if answer:
                self._judge(answer)

    def _judge(self, answer):
        status = int(answer.split(b" ", 2)[1])
        self.statuses[status] += 1
        if status >= 500 and status not in (503, 504):
            self.faults.append(answer[:500])

    def _dribble(self, start):
        """A hundred connections that are never done with their heads."""
        opened = []
        try:
            for _ in range(100):
                opened.append(socket.create_connection(("127.0.0.1", self.port), timeout=60))
                opened[-1].sendall(start.encode())
            while not self._stop.wait(0.5):
                for one in opened:
                    one.sendall(b"a")
        finally:
            for one in opened:
                one.close()

    def _linger(self, _):
        """A large answer is asked for again and again, and not read."""
        with self._connect() as connected:
            for _ in range(50):
                connected.sendall((HEAD.format("GET", "/docs/swagger.js") + "\r\n").encode())
            self._stop.wait(5)

    def _flood_head(self, _):
        with self._connect() as connected:
            connected.sendall(HEAD.format("GET", "/").encode())
            for _ in range(20_000):
                connected.sendall(b"X-Filler: " + b"a" * 1000 + b"\r\n")

    def _chunks(self, _):
        """A body of millions of one byte each."""
        with self._connect() as connected:
            head = HEAD.format("POST", "/api/search") + "Transfer-Encoding: chunked\r\n\r\n"
            connected.sendall(head.encode())
            for _ in range(300):
                connected.sendall(b"1\r\n \r\n" * 10_000)


def hostile_bodies():
    """By name, bodies for /api/search."""
    pictures = {
        "slow scans": hostile.progressive(4900, 5100, 4_000),
        "allowed scans": hostile.progressive(4900, 5000, 50),
        "run-length": hostile.run_length_bmp(24_999_999, 1),
        "EXIF": hostile.of_segments(600_000),
        "chunks": hostile.of_chunks(500_000),
        "strips": hostile.of_strips(60_000),
        "tiles": hostile.of_large_tiles(30_000),
        "no picture": b"\0" * 7_000_000,
        "small": jpeg("red"),
    }
    bodies = {
        name: json.dumps({"picture": base64.b64encode(content).decode()}).encode()
        for name, content in pictures.items()
    }
    return bodies | {
        "fields": json.dumps({f"a{n}": 1 for n in range(700_000)}).encode(),
        "some fields": json.dumps({f"a{n}": 1 for n in range(4_900)}).encode(),
        "filter": json.dumps({"where": {f"a{n}": {} for n in range(2_400)}}).encode(),
        "list": b"[" + b"1," * 4_000_000 + b"1]",
        "deep": b'{"where":' * 100_000,
        "arrays": b"[" * 4_900,
        "digits": b'{"k": ' + b"9" * 10_000_000 + b"}",
        "too large": b" " * 20_000_000,
    }


def hostile_paths():
    return [
        "/api/catalogue?" + "a=1&" * 3_900,
        "/api/image?id=" + "%00" * 5_000,
        "/api/image?" + "&".join(f"a{n}=1" for n in range(200_000)),
        "/" + "a/" * 7_000,
        "/api/catalogue?pair=" + "../" * 4_000,
    ]
