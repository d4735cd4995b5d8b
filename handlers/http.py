"""The HTTP server: Tornado's, with what it leaves out.

- Connections are let in a few at a time (`handlers.accepting`).
- Who sends a header or a body over the limit is told so, 431 or 413; Tornado closes without a
  word, or calls it a bad request.
- What is no HTTP is refused with an answer like all others; Tornado's is a single line.
- A length given twice, chunks in HTTP/1.0 and lines that end without a CR or an LF are refused,
  too: a proxy in front may take them for something else, which is how requests are smuggled
  (RFC 9112 sections 2.2, 6.1 and 6.3).
- It knows when every request has been answered, which an orderly end has to wait for.
"""

from __future__ import annotations

import asyncio
import re
import socket
from asyncio import Future
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import msgspec
from tornado import httpserver
from tornado.http1connection import HTTP1Connection, HTTP1ServerConnection
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPInputError,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream, UnsatisfiableReadError

from chat.errors import Invalid, ParleyError, TooLarge
from handlers.accepting import Acceptor
from handlers.base import DEFAULT_HEADERS

# How long whoever was refused may go on sending; see `_refuse`.
LINGER_SECONDS = 2.0
_CHUNK_BYTES = 64 * 1024

# What Tornado writes before it closes; found by comparing, since nothing else tells.
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\n\r\n"
_NO_LIMIT = 1 << 62

_BARE_CR_OR_LF = re.compile(rb"(?<!\r)\n|\r(?!\n)")


class HTTPServer(httpserver.HTTPServer):
    """Serves an application; takes what Tornado's takes (`max_body_size` is needed), and what
    an `Acceptor` is told: `max_files`, `is_busy`."""

    def initialize(
        self,
        *args: Any,
        max_files: int | None = None,
        is_busy: Callable[[], bool] = lambda: False,
        **kwargs: Any,
    ) -> None:
        """Make the server (Tornado's `Configurable` calls this in place of ``__init__``)."""
        self._max_body_bytes: int = kwargs["max_body_size"]
        # Tornado calls what is over its own limit a bad request.
        super().initialize(*args, **kwargs | {"max_body_size": _NO_LIMIT})
        self._acceptor = Acceptor(self._accepted, max_files, is_busy)
        self._unanswered: set[object] = set()
        self._answered = asyncio.Event()
        self._refusing: set[asyncio.Task[None]] = set()

    def add_sockets(self, sockets: Iterable[socket.socket]) -> None:
        """Accept connections on sockets that listen already."""
        self._acceptor.add(sockets)

    def stop(self) -> None:
        """Accept no more; connections stay."""
        self._acceptor.close()

    async def until_answered(self) -> None:
        """Return once every request has been answered."""
        while self._unanswered:
            self._answered.clear()
            await self._answered.wait()

    def refuse(self, stream: IOStream, status: HTTPStatus, error: ParleyError) -> None:
        """Answer with an error, and close the connection."""
        connection, answer = stream.socket.dup(), _answer(status, error)
        task = asyncio.get_running_loop().create_task(_refuse(connection, answer))
        self._refusing.add(task)
        task.add_done_callback(self._refusing.discard)

    def _accepted(self, connection: socket.socket, address: Any) -> IOStream:
        stream = _Stream(self, connection, max_buffer_size=self.max_buffer_size)
        self.handle_stream(stream, address)
        return stream

    # Tornado asks for a delegate when it begins to wait for a connection's next request

    def start_request(
        self, server_conn: object, request_conn: HTTPConnection
    ) -> HTTPMessageDelegate:
        """Return who takes the next request; the one before has been answered."""
        self._end(server_conn)
        assert isinstance(request_conn, HTTP1Connection)
        delegate = super().start_request(server_conn, request_conn)
        return _Request(self, server_conn, request_conn, delegate)

    def on_close(self, server_conn: object) -> None:
        """Forget a connection: it was closed, or is a WebSocket now."""
        self._end(server_conn)
        self._acceptor.entered(_stream_of(server_conn))
        super().on_close(server_conn)

    def begin(self, server_conn: object) -> None:
        """Remember that a request waits for its answer."""
        self._unanswered.add(server_conn)

    def _end(self, server_conn: object) -> None:
        if server_conn in self._unanswered:
            self._unanswered.remove(server_conn)
            self._acceptor.entered(_stream_of(server_conn))
        if not self._unanswered:
            self._answered.set()

    def is_over(self, body_bytes: int) -> bool:
        """Whether a body of so many bytes is too large."""
        return body_bytes > self._max_body_bytes

    def is_too_large(self, headers: HTTPHeaders) -> bool:
        """Whether a body is declared that is not even read. (A length that is none, or beside
        a Transfer-Encoding, is a bad request, as Tornado will find.)"""
        length = headers.get("Content-Length", "")
        # 18 digits are more than any limit, and int() refuses to read some thousands.
        return (
            length.isdecimal()
            and (len(length) > 18 or self.is_over(int(length)))
            and "Transfer-Encoding" not in headers
        )


class _Stream(IOStream):
    """A connection that tells why, where Tornado closes it for the length of a header or line."""

    is_in_header = False

    def __init__(self, server: HTTPServer, connection: socket.socket, **kwargs: Any) -> None:
        self._server = server
        super().__init__(connection, **kwargs)

    def close(self, exc_info: Any = False) -> None:
        if isinstance(exc_info, UnsatisfiableReadError):
            if self.is_in_header:
                error: ParleyError = TooLarge("The header of the request is too large.")
                self._server.refuse(self, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, error)
            else:  # the line that tells the length of a chunk
                error = Invalid("This is not valid HTTP.")
                self._server.refuse(self, HTTPStatus.BAD_REQUEST, error)
        super().close(exc_info)

    def read_until_regex(self, regex: bytes, max_bytes: int | None = None) -> Future[bytes]:
        return asyncio.ensure_future(self._read_header(regex, max_bytes))

    async def _read_header(self, regex: bytes, max_bytes: int | None) -> bytes:
        header = await super().read_until_regex(regex, max_bytes)
        if _BARE_CR_OR_LF.search(header):
            raise HTTPInputError("a line that ends without CR and LF")
        return header

    def write(self, data: bytes | memoryview) -> Future[None]:
        if data != _BAD_REQUEST:
            return super().write(data)
        self._server.refuse(self, HTTPStatus.BAD_REQUEST, Invalid("This is not valid HTTP."))
        written: Future[None] = Future()
        written.set_result(None)
        return written


class _Request(HTTPMessageDelegate):
    """Stands before the application's own delegate for one request."""

    def __init__(
        self,
        server: HTTPServer,
        server_conn: object,
        request_conn: HTTP1Connection,
        delegate: HTTPMessageDelegate,
    ) -> None:
        self._server = server
        self._server_conn = server_conn
        self._request_conn = request_conn
        self._delegate = delegate
        self._body_bytes = 0
        self._be_in_header(True)

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        self._be_in_header(False)
        if _is_ambiguous(start_line, headers):
            raise HTTPInputError("more than one reading")
        if self._server.is_too_large(headers):
            self._refuse(self._request_conn.detach())
            return None
        self._server.begin(self._server_conn)
        return self._delegate.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        self._body_bytes += len(chunk)
        if self._server.is_over(self._body_bytes):  # in chunks: nobody knew before
            self._refuse(self._request_conn.stream)
            return None
        return self._delegate.data_received(chunk)

    def finish(self) -> None:
        self._delegate.finish()

    def on_connection_close(self) -> None:
        self._delegate.on_connection_close()

    def _refuse(self, stream: object) -> None:
        assert isinstance(stream, IOStream)
        error = TooLarge("The body is too large.")
        self._server.refuse(stream, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error)
        stream.close()

    def _be_in_header(self, is_in_header: bool) -> None:
        stream = self._request_conn.stream
        if isinstance(stream, _Stream):
            stream.is_in_header = is_in_header


def _stream_of(server_conn: object) -> IOStream:
    assert isinstance(server_conn, HTTP1ServerConnection)
    return server_conn.stream


def _is_ambiguous(start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> bool:
    return "," in headers.get("Content-Length", "") or (
        "Transfer-Encoding" in headers and start_line.version == "HTTP/1.0"
    )


def _answer(status: HTTPStatus, error: ParleyError) -> bytes:
    body = msgspec.json.encode({"error": {"code": error.code, "message": error.message}})
    headers = DEFAULT_HEADERS | {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *map(": ".join, headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


async def _refuse(connection: socket.socket, answer: bytes) -> None:
    """Answer, and let the other side finish: with bytes left unread the kernel resets the
    connection, and the answer may be lost with it (RFC 9112 section 9.6)."""
    loop = asyncio.get_running_loop()
    connection.setblocking(False)
    with connection, suppress(OSError, TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            await loop.sock_sendall(connection, answer)
            connection.shutdown(socket.SHUT_WR)
            while await loop.sock_recv(connection, _CHUNK_BYTES):
                pass
