"""What stands before every route: bounds on what is read of a query, and headers of the answers."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shopclip.search.errors import MAX_BYTES

MAX_BODY = MAX_BYTES * 4 // 3 + 64 * 1024  # a picture in base64, and the rest of the query
TOO_LARGE = f"the query is larger than {MAX_BODY // 2**20} MB; send a smaller picture"
MAX_MARKS = 5_000  # commas and opening brackets of a body, so that it has no more values than that
MAX_PARAMETERS = 50  # of an address; no route has more than one
SMALL_BODY = 64 * 1024
MAX_LARGE = 16  # larger bodies, which are those with pictures, that are in memory together
MARKS = (b",", b"[", b"{")
BUSY = {"Connection": "close", "Retry-After": "2"}
# Nothing is loaded from elsewhere, and no other page may show this one in a frame.
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
DOCS_POLICY = POLICY + "; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """Refuses bodies that are too large or too intricate while they come, and adds headers.

    What a body holds is counted before it is parsed: a parser, and still more a validation, takes
    a hundred times the room and time of the bytes that it is given.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._large = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        guarded = _with_headers(send, docs=scope["path"] == "/docs")
        announced = Headers(scope=scope).get("content-length", "0")
        refusal = None
        if announced.isdecimal() and int(announced[:20]) > MAX_BODY:
            refusal = _refusal(413, TOO_LARGE)
        elif scope["query_string"].count(b"&") >= MAX_PARAMETERS:
            refusal = _refusal(422, f"more than {MAX_PARAMETERS} parameters in the address")
        if refusal is not None:
            await refusal(scope, receive, guarded)
            return
        body = _Body(receive, self)
        try:
            await self.app(scope, body.receive, guarded)
        finally:
            self._large -= body.is_large

    def admit(self) -> None:
        """Raises:
        HTTPException: as many large bodies as there is memory for are being read already.
        """
        if self._large >= MAX_LARGE:
            raise HTTPException(503, "too many large queries; try again in some seconds", BUSY)
        self._large += 1


class _Body:
    """Counts what comes, for a body may be longer than announced, or not announced at all."""

    def __init__(self, receive: Receive, guard: Guard) -> None:
        self._receive, self._guard = receive, guard
        self._bytes = self._marks = 0
        self.is_large = False

    async def receive(self) -> Message:
        message = await self._receive()
        part = message.get("body", b"")
        self._bytes += len(part)
        if self._bytes > MAX_BODY:
            raise HTTPException(413, TOO_LARGE, {"Connection": "close"})
        if self._bytes > SMALL_BODY and not self.is_large:
            self._guard.admit()
            self.is_large = True
        self._marks += sum(map(part.count, MARKS))
        if self._marks > MAX_MARKS:
            excess = (
                f"the query has more than {MAX_MARKS} commas and brackets; ask for less at once"
            )
            raise HTTPException(422, excess, {"Connection": "close"})
        return message


def _with_headers(send: Send, *, docs: bool) -> Send:
    added = {**HEADERS, "content-security-policy": DOCS_POLICY if docs else POLICY}

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(added)
        try:
            await send(message)
        except RuntimeError as error:  # uvloop's, where the client left in this very moment
            if "closed" not in str(error):
                raise
            await asyncio.sleep(0)  # the protocol hears of it now

    return sending


def _refusal(status: int, message: str) -> JSONResponse:
    """What is left of the body is not read."""
    return JSONResponse({"error": message}, status, {"connection": "close"})
