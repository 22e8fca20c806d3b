"""HTTP as uvicorn speaks it, with bounds on the size of a head and on the time that anything takes.

uvicorn waits for a request as long as its bytes keep coming, or do not come at all.
"""

from __future__ import annotations

import json
from asyncio import TimerHandle
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shopclip.search.server.guard import MAX_BODY

MAX_HEAD = 16 * 1024  # bytes of the first line and the headers, and of trailers
MAX_WIRE = 2 * MAX_BODY  # bytes of a request with all that chunks put around its body
MIN_PIECE = 32  # bytes of a body in a chunk, on average, after the first thousand chunks
HEAD_SECONDS = 10.0  # from the connection, or a request's first byte, to the end of its head
BODY_SECONDS = 30.0  # from there to the end of its body
SENDING_SECONDS = 60.0  # that an answer may wait for a client that does not read it
CLOSING_SECONDS = 2.0  # that what comes after a refusal is read and thrown away


class BoundedProtocol(HttpToolsProtocol):
    """One connection.

    A request that is refused here has one answer, 408 or 431 or 413, after which nothing more of
    the connection is read.
    """

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._is_refused = self._in_head = self._in_body = False
        self._wire = self._head = self._pieces = self._body = 0
        self._stuck: TimerHandle | None = None
        self._deadline: TimerHandle | None = None
        self._expect(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect(None)
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        if self._deadline is None and not self._is_answering():
            self._expect(HEAD_SECONDS)
        self._wire += len(data)
        super().data_received(data)
        if self._in_head and self._wire > MAX_HEAD:
            self._refuse(431, f"the head is larger than {MAX_HEAD // 1024} kB")
        elif self._in_body and self._wire > MAX_WIRE:
            self._refuse(413, "the query is larger than it may be")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._wire = self._head = self._pieces = self._body = 0
        self._expect(HEAD_SECONDS)

    def on_url(self, url: bytes) -> None:
        self._head += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head += len(name) + len(value) + 4  # a colon, a space and the end of the line
        if self._in_head:  # trailers, which nobody asks for, only count
            super().on_header(name, value)
        elif self._head > MAX_HEAD:
            self._refuse(431, f"the trailers are larger than {MAX_HEAD // 1024} kB")

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._head > MAX_HEAD:
            self._refuse(431, f"the head is larger than {MAX_HEAD // 1024} kB")
        if self._is_refused:
            return
        self._in_body = True
        self._expect(BODY_SECONDS)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._pieces += 1
        self._body += len(body)
        if self._pieces > 1000 and self._body < self._pieces * MIN_PIECE:
            self._refuse(413, "the query comes in too many small chunks")
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._is_refused:
            return
        self._in_body = False
        self._wire = 0  # of what a client sends ahead
        self._expect(None)
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._abort_soon()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stuck is None:
            self._stuck = self.loop.call_later(SENDING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
        super().resume_writing()

    def _expect(self, seconds: float | None) -> None:
        """The next part of the request within so many seconds; None where none is due."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._too_slow)

    def _too_slow(self) -> None:
        self._deadline = None
        if not self._in_head and not self._in_body:  # nothing was asked, so nothing is answered
            self._is_refused = True
            self.transport.close()
            self._abort_soon()
            return
        self._refuse(408, "the query took too long to arrive")

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, status: int, message: str) -> None:
        if self._is_refused:
            return
        self._is_refused = True
        self._expect(None)
        self._unset_keepalive_if_required()
        if self._is_answering() and self.cycle.response_started:
            self.transport.abort()  # an answer can no longer be put between the bytes of another
            return
        if self._is_answering():
            self.cycle.disconnected = True  # its task hears that nobody listens any more
            self.cycle.message_event.set()
        body = json.dumps({"error": message}).encode()
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        # Closed with something unread, a connection is reset, and the client may miss the answer.
        self.flow.resume_reading()
        self.transport.write_eof()
        self._abort_soon()

    def _abort_soon(self) -> None:
        """The client may neither read what was sent nor close its end, ever."""
        self.loop.call_later(CLOSING_SECONDS, self.transport.abort)
