"""The application: API, page, documentation, and one kind of error."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.resources import files
from typing import Any

from anyio import to_thread
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from shopclip import __version__
from shopclip.errors import ShopclipError
from shopclip.search.errors import NotFoundError, QueryError
from shopclip.search.server.api import create_api
from shopclip.search.server.engines import Engines
from shopclip.search.server.examples import with_examples
from shopclip.search.server.guard import BUSY, Guard
from shopclip.search.server.picture_lane import BusyError, PictureLane

logger = logging.getLogger(__name__)

THREADS = 8  # that answer queries; so many texts are embedded together at most
LOCAL = ("127.0.0.1", "localhost", "[::1]")
UNAVAILABLE = "this pair cannot be searched with at present; the server's own log says why"
_PAGE = files("shopclip.search.server") / "page"
_ASSETS = {
    "/": (_PAGE / "index.html", "text/html"),
    "/page.css": (_PAGE / "page.css", "text/css"),
    "/page.js": (_PAGE / "page.js", "text/javascript"),
    "/icon.svg": (_PAGE / "icon.svg", "image/svg+xml"),
}
_SWAGGER = {
    "/docs/swagger.js": ("swagger-ui-bundle.js", "text/javascript"),
    "/docs/swagger.css": ("swagger-ui.css", "text/css"),
}


def create_app(
    engines: Engines, *, hosts: Sequence[str] = LOCAL, pictures: PictureLane | None = None
) -> FastAPI:
    """One application over the pairs of a folder.

    Args:
        pictures: where queries with pictures are answered, closed with the application.
        hosts: names that requests may be addressed to; another page that has its own name point to
            this machine gets no answer.
    """
    lane = pictures or PictureLane()
    app = FastAPI(
        title="shopclip search",
        version=__version__,
        description="Find pictures by text, by picture or by both; describe a picture.",
        lifespan=partial(_serving, lane),
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(create_api(engines, lane))
    app.openapi = with_examples(app, engines)  # type: ignore[method-assign]
    swagger = files("fastapi_offline") / "static"
    assets = {
        **_ASSETS,
        **{path: (swagger / name, kind) for path, (name, kind) in _SWAGGER.items()},
    }
    for path, (file, media_type) in assets.items():
        app.get(path, include_in_schema=False)(_constant(file.read_bytes(), media_type))

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="shopclip search: API",
            swagger_js_url="/docs/swagger.js",
            swagger_css_url="/docs/swagger.css",
            swagger_favicon_url="/icon.svg",
        )

    app.add_exception_handler(ShopclipError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(StarletteHTTPException, _other)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    app.add_middleware(Guard)
    return app


@asynccontextmanager
async def _serving(lane: PictureLane, app: FastAPI) -> AsyncIterator[None]:
    """Forty threads, the default, would spend their time handing the interpreter to each other."""
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    try:
        yield
    finally:
        lane.close()


def _constant(content: bytes, media_type: str) -> Any:
    async def send() -> Response:
        return Response(content, media_type=media_type, headers={"Cache-Control": "no-cache"})

    return send


async def _refused(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, QueryError):
        return _problem(404 if isinstance(error, NotFoundError) else 422, str(error))
    if isinstance(error, BusyError):
        answer = _problem(503, str(error))
        answer.headers.update(BUSY)
        return answer
    logger.error("%s", error)  # the catalogue is at fault, not the query; it names folders
    return _problem(503, UNAVAILABLE)


async def _malformed(request: Request, error: Exception) -> JSONResponse:
    """Where a query is wrong, and how; never what was in it, which may be no JSON again."""
    assert isinstance(error, RequestValidationError)
    told = [
        f"{'.'.join(str(part)[:40] for part in one['loc'][1:6]) or 'query'}: {one['msg'][:200]}"
        for one in error.errors()[:3]
    ]
    return _problem(422, "; ".join(told))


async def _other(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StarletteHTTPException | HTTPException)
    answer = _problem(error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _problem(status: int, message: str) -> JSONResponse:
    legible = message.encode("utf-8", "backslashreplace").decode()
    return JSONResponse({"error": legible}, status_code=status)
