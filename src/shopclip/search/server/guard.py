"""What stands before every route: hosts, the size of a body, and the headers of an answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.exceptions import HTTPException

from shopclip.search.limits import MOST_BYTES

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BODY = MOST_BYTES * 4 // 3 + 64 * 1024  # a picture in base64, and the rest of the query
TOO_LARGE = f"the query is larger than {MOST_BODY // 2**20} MB; send a smaller picture"
# Nothing is loaded from elsewhere, and no other page may show this one in a frame.
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
DOCS_POLICY = POLICY + "; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"
HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
}


class Guard:
    """Refuses bodies that are too large, before they are read whole, and adds headers."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        guarded = _with_headers(send, docs=scope["path"] == "/docs")
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced[:20]) > MOST_BODY:
            await _refuse(guarded)
            return
        await self.app(scope, _bounded(receive), guarded)


def _bounded(receive: Receive) -> Receive:
    """Count what comes, for a body may be longer than announced, or not announced at all."""
    received = 0

    async def counted() -> MutableMapping[str, Any]:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MOST_BODY:
            raise HTTPException(413, TOO_LARGE, {"Connection": "close"})
        return message

    return counted


def _with_headers(send: Send, *, docs: bool) -> Send:
    policy = (DOCS_POLICY if docs else POLICY).encode()
    added = [*HEADERS.items(), (b"content-security-policy", policy)]

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *added]
        await send(message)

    return sending


async def _refuse(send: Send) -> None:
    body = json.dumps({"error": TOO_LARGE}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # what is left of the body is not read
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
