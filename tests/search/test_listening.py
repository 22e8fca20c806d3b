import socket

import pytest

from shopclip.search.errors import SearchError
from shopclip.search.server import serve as listening
from shopclip.search.server.serve import listen


def test_a_free_port_is_taken_and_answers():
    with listen("127.0.0.1", 0) as opened:
        socket.create_connection(opened.getsockname(), timeout=5).close()


def test_a_port_in_use_is_named_and_another_proposed():
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(SearchError) as caught:
            listen("127.0.0.1", port)
    assert str(caught.value) == (
        f"--port {port}: another program listens there already; end it, or give another port, "
        f"such as --port {port + 1}"
    )
    listen("127.0.0.1", port).close()  # it is free again at once


@pytest.mark.parametrize("port", [-1, 65536, 70000])
def test_a_number_that_is_no_port_is_named(port):
    with pytest.raises(SearchError, match=f"--port {port}: expected from 1 to 65535"):
        listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.name.invalid"])
def test_an_address_of_another_machine_is_named(host):
    with pytest.raises(SearchError, match=f"--host {host}: no address of this machine"):
        listen(host, 7860)


def test_a_port_of_root_is_named(monkeypatch):
    class Shut(socket.socket):
        def bind(self, _):
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(listening.socket, "socket", Shut)
    with pytest.raises(SearchError, match="--port 80: only root may listen there"):
        listen("127.0.0.1", 80)
