"""Start the server."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

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


MAX_FILES = 65_536


def serve(
    folder: str | Path,
    *,
    pair: str | None = None,
    host: str = "127.0.0.1",
    port: int = 7860,
    names: Sequence[str] = (),
) -> None:
    """Serve the page and the API until interrupted.

    Args:
        host: address to listen at; the default lets nobody but this machine in.
        names: further names under which browsers may ask.

    Raises:
        SearchError: the packages of the server are missing, the port is taken, or there is nothing
            to search.
    """
    try:
        import uvicorn

        from shopclip.search.server.app import LOCAL, create_app
        from shopclip.search.server.bounded_protocol import BoundedProtocol
    except ModuleNotFoundError as error:
        raise SearchError(
            f"the search page needs {error.name}, which is not installed: "
            "pip install 'shopclip[search]'"
        ) from error
    from shopclip.search.server.engines import Engines

    _allow_connections()
    with listen(host, port) as opened:
        engines = Engines(folder, pair=pair)
        engine = engines[None]
        engine.search("warm up", k=1)
        shown = f"[{host}]" if ":" in host else host
        app = create_app(engines, hosts=(*LOCAL, shown, *names))
        port = opened.getsockname()[1]
        print(f"{len(engine.index.products)} products by {engine.pair}: http://{shown}:{port}")
        config = uvicorn.Config(
            app,
            http=BoundedProtocol,
            ws="none",
            server_header=False,
            access_log=False,
            log_level="error",  # a client's mistakes are no warnings of this program
            timeout_keep_alive=15,
            timeout_graceful_shutdown=5,
        )
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[opened])


def _allow_connections() -> None:
    """As many open files as the system lets this process have; the usual 1,024 are soon taken."""
    with suppress(ImportError, OSError, ValueError):  # not everywhere
        import resource

        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        limit = MAX_FILES if most == resource.RLIM_INFINITY else min(most, MAX_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))
