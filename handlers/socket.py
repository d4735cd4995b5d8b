"""The WebSocket: a handshake that is checked, and frames between it and the services."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress

from tornado.iostream import IOStream, StreamClosedError
from tornado.websocket import WebSocketHandler

from chat.connections import Connection
from chat.errors import Forbidden, Invalid, Unavailable
from chat.models import rfc3339
from chat.protocol import TOO_MANY, UNSUPPORTED_DATA, Hello, UserObject, encode, retry_reason
from chat.requests import Requests
from handlers.base import BaseHandler, host_of, is_allowed

HEARTBEAT_SECONDS = 15
TOO_MANY_RETRY_MS = 10_000


class TornadoTransport:
    """What a `Connection` writes to: the stream under Tornado's WebSocket.

    Frames come encoded, once for all who get them, so they go to the stream as they are;
    `write_message` would encode each again and make a task for it (measured: 32 µs for a
    delivery against 17 µs).
    """

    __slots__ = ("_handler", "_stream", "closed_with")

    def __init__(self, handler: SocketHandler, stream: IOStream) -> None:
        """Wrap the stream of a handler that has been opened."""
        self._handler = handler
        self._stream = stream
        self.closed_with: int | None = None

    def write(self, data: bytes) -> None:
        """Hand over whole frames. No-op once the stream has ended."""
        with suppress(StreamClosedError):  # on_close follows
            self._stream.write(data)

    def backlog(self) -> int:
        """Return the bytes that the kernel has not taken yet."""
        return len(self._stream._write_buffer or ())  # None once the stream has ended

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake; Tornado drops the stream 5 s later if need be."""
        self.closed_with = code
        self._handler.close(code, reason)

    def abort(self) -> None:
        """Drop the connection."""
        self._stream.close()


class SocketHandler(BaseHandler, WebSocketHandler):
    """``/ws``: one connection of one session."""

    connection: Connection | None = None
    requests: Requests | None = None
    transport: TornadoTransport

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse what must not be upgraded: 400, 403, 401 or 503, in this order."""
        super().prepare()
        if self.request.method != "GET":
            return  # Tornado answers 405
        headers = self.request.headers
        tokens = [part.strip().lower() for part in headers.get("Connection", "").split(",")]
        if headers.get("Upgrade", "").lower() != "websocket" or "upgrade" not in tokens:
            raise Invalid("This address speaks WebSocket only.")
        if not headers.get("Sec-WebSocket-Key"):
            raise Invalid("The Sec-WebSocket-Key header is missing.")
        if headers.get("Sec-WebSocket-Version") != "13":
            return  # Tornado answers 426
        self._check_origin()
        if self.app.services.is_stopping:
            raise Unavailable("The server is stopping.", retry_after=1)
        await self.authenticate()

    def check_origin(self, origin: str) -> bool:  # noqa: ARG002 (the interface has it)
        """Let Tornado pass: `prepare` has been stricter already."""
        return True

    def _check_origin(self) -> None:
        """Refuse other sites' pages: a browser sends the cookie along with them.

        Raises:
            Forbidden: a foreign origin, or none where only a cookie speaks for the user.
        """
        origin = self.request.headers.get("Origin")
        if origin is None:
            if self.bearer_token() is None and self.token():
                raise Forbidden("An Origin header is needed with a cookie.")
        else:
            own = f"http{'s' if self.is_secure() else ''}://{self.request.host}".lower()
            allowed = self.app.settings.allowed_hosts
            host = host_of(origin)
            if origin.lower() != own and not (allowed and host and is_allowed(host, allowed)):
                raise Forbidden("Another site's page may not connect here.")
        if self.request.headers.get("Sec-Fetch-Site", "same-origin") in ("cross-site", "same-site"):
            raise Forbidden("Another site's page may not connect here.")

    async def open(self, *_: str, **__: str) -> None:
        """Register the connection, say hello, and let events through."""
        assert self.session is not None
        assert self.user is not None
        assert self.ws_connection is not None
        assert self.ws_connection.stream is not None
        app = self.app
        self.set_nodelay(True)
        self.transport = TornadoTransport(self, self.ws_connection.stream)
        connection = Connection(
            app.hub.new_id(), self.user.id, self.session.id, self.transport, app.flusher
        )
        self.connection = connection
        await app.hub.add(connection)
        if not await app.presence.enter(connection):
            connection.drop(TOO_MANY, retry_reason(TOO_MANY_RETRY_MS))
            return
        self.requests = Requests(app.services, connection)
        user = UserObject(self.user.id, self.user.username, self.user.name, online=True)
        now = rfc3339(app.services.now())
        connection.start(encode(Hello(user, self.session.id, HEARTBEAT_SECONDS, app.version, now)))

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """Hand a text frame to the connection's requests."""
        if isinstance(message, bytes):
            if self.connection is not None:
                self.connection.close(UNSUPPORTED_DATA, "text frames only")
            return None
        return self.requests.receive(message) if self.requests is not None else None

    def on_close(self) -> None:
        """Forget the connection."""
        connection = self.connection
        if connection is not None:
            code = self.transport.closed_with or self.close_code or 1006
            self.app.metrics.count_close(code)
            self.app.forget(connection)
