"""The HTTP server: Tornado's, with what it leaves out.

- Connections are let in a few at a time (`handlers.accepting`).
- Who sends a header or declares a body over the limit is told so, 431 or 413; Tornado closes
  without a word, or calls it a bad request.
- It knows when every request has been answered, which an orderly end has to wait for.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import msgspec
from tornado import httpserver
from tornado.http1connection import HTTP1Connection
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream, UnsatisfiableReadError

from chat.errors import TooLarge
from handlers.accepting import Acceptor
from handlers.base import DEFAULT_HEADERS

# How long whoever was refused may go on sending; see `_refuse`.
LINGER_SECONDS = 2.0
_CHUNK_BYTES = 64 * 1024


class HTTPServer(httpserver.HTTPServer):
    """Serves an application; takes what Tornado's takes (`max_body_size` is needed), and
    `max_files`, how many files this process may have open."""

    def initialize(self, *args: Any, max_files: int | None = None, **kwargs: Any) -> None:
        """Make the server (Tornado's `Configurable` calls this in place of ``__init__``)."""
        super().initialize(*args, **kwargs)
        self._max_body_bytes: int = kwargs["max_body_size"]
        self._acceptor = Acceptor(self._accepted, max_files)
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

    def refuse(self, connection: socket.socket, status: HTTPStatus, message: str) -> None:
        """Answer with an error, and close the connection."""
        answer = _answer(status, message)
        task = asyncio.get_running_loop().create_task(_refuse(connection, answer))
        self._refusing.add(task)
        task.add_done_callback(self._refusing.discard)

    def _accepted(self, connection: socket.socket, address: Any) -> None:
        stream = _Stream(self, connection, max_buffer_size=self.max_buffer_size)
        self.handle_stream(stream, address)

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
        super().on_close(server_conn)

    def begin(self, server_conn: object) -> None:
        """Remember that a request waits for its answer."""
        self._unanswered.add(server_conn)

    def _end(self, server_conn: object) -> None:
        self._unanswered.discard(server_conn)
        if not self._unanswered:
            self._answered.set()

    def is_too_large(self, headers: HTTPHeaders) -> bool:
        """Whether a body is declared that is not even read. (A length that is none, or beside
        a Transfer-Encoding, is a bad request, as Tornado will find.)"""
        length = headers.get("Content-Length", "")
        # 18 digits are more than any limit, and int() refuses to read some thousands.
        return (
            length.isdecimal()
            and (len(length) > 18 or int(length) > self._max_body_bytes)
            and "Transfer-Encoding" not in headers
        )


class _Stream(IOStream):
    """A connection that tells why, where Tornado closes it for the length of a header."""

    is_in_header = False

    def __init__(self, server: HTTPServer, connection: socket.socket, **kwargs: Any) -> None:
        self._server = server
        super().__init__(connection, **kwargs)

    def close(self, exc_info: Any = False) -> None:
        if self.is_in_header and isinstance(exc_info, UnsatisfiableReadError):
            self._server.refuse(
                self.socket.dup(),
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                "The header of the request is too large.",
            )
        super().close(exc_info)


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
        self._be_in_header(True)

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        self._be_in_header(False)
        if self._server.is_too_large(headers):
            stream = self._request_conn.detach()
            assert isinstance(stream, IOStream)
            self._server.refuse(
                stream.socket.dup(),
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "The body is too large.",
            )
            stream.close()
            return None
        self._server.begin(self._server_conn)
        return self._delegate.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return self._delegate.data_received(chunk)

    def finish(self) -> None:
        self._delegate.finish()

    def on_connection_close(self) -> None:
        self._delegate.on_connection_close()

    def _be_in_header(self, is_in_header: bool) -> None:
        stream = self._request_conn.stream
        if isinstance(stream, _Stream):
            stream.is_in_header = is_in_header


def _answer(status: HTTPStatus, message: str) -> bytes:
    body = msgspec.json.encode({"error": {"code": TooLarge.code, "message": message}})
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
