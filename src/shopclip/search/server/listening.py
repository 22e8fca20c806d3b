"""The socket that a server listens at, or why there is none."""

from __future__ import annotations

import errno
import socket

from shopclip.search.errors import SearchError


def listen(host: str, port: int) -> socket.socket:
    """Take a port before anything is loaded for it.

    Raises:
        SearchError: the port is taken or not ours to take, or this machine has no such address.
    """
    if not 0 <= port < 65536:
        raise SearchError(f"--port {port}: expected from 1 to 65535")
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        opened = socket.socket(family, kind)
    except OSError as error:
        raise SearchError(_explain(error, host, port)) from error
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen()
    except OSError as error:
        opened.close()
        raise SearchError(_explain(error, host, port)) from error
    opened.set_inheritable(True)
    return opened


def _explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"--port {port}: another program listens there already; end it, or give another port, "
            f"such as --port {port + 1}"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"--port {port}: only root may listen there; give one above 1023"
    return f"--host {host}: no address of this machine ({error.strerror or error})"
