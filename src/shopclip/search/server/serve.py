"""Start the server."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from shopclip.search.errors import SearchError
from shopclip.search.server.listening import listen


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
    except ModuleNotFoundError as error:
        raise SearchError(
            f"the search page needs {error.name}, which is not installed: "
            "pip install 'shopclip[search]'"
        ) from error
    from shopclip.search.server.engines import Engines

    with listen(host, port) as opened:
        engines = Engines(folder, pair=pair)
        engine = engines[None]
        engine.search("warm up", k=1)
        shown = f"[{host}]" if ":" in host else host
        app = create_app(engines, hosts=(*LOCAL, shown, *names))
        port = opened.getsockname()[1]
        print(f"{len(engine.index.products)} products by {engine.pair}: http://{shown}:{port}")
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False,
            timeout_keep_alive=15, ws="none",
        )  # fmt: skip
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[opened])
