"""A real server in a process of its own, as the command starts it."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager


@contextmanager
def served(folder, *options):
    """The address of a server over `folder`, once it answers; it may print no traceback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "shopclip.search", "serve", "--from", str(folder)]
    with tempfile.TemporaryFile("w+") as said:
        server = subprocess.Popen(
            [*command, "--port", str(port), *options],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(address, server, said)
            yield address
            assert server.poll() is None, "the server ended"
        finally:
            server.terminate()
            server.wait(20)
            said.seek(0)
        assert "Traceback" not in (told := said.read()), told


def _wait(address, server, said):
    for _ in range(600):
        if server.poll() is not None:
            said.seek(0)
            raise AssertionError(f"the server stopped:\n{said.read()}")
        try:
            with urllib.request.urlopen(f"{address}/api/catalogue", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer within a minute")
