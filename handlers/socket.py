"""The WebSocket: a handshake that is checked, and frames between it and the services."""

from __future__ import annotations

import base64
import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from tornado.websocket import (
    WebSocketHandler,
    WebSocketProtocol,
    WebSocketProtocol13,
    _WebSocketParams,
)

from chat.connections import Connection
from chat.errors import Forbidden, Invalid, Unavailable
from chat.models import Session, rfc3339
from chat.protocol import TOO_MANY, UNSUPPORTED_DATA, Hello, UserObject, encode, retry_reason
from chat.requests import Requests
from handlers.base import FOREIGN_SITES, BaseHandler, host_of, is_allowed
from handlers.websocket import INTERNAL_ERROR, WebSocket, take_over

if TYPE_CHECKING:
    from chat.app import App

logger = logging.getLogger("parley.socket")

HEARTBEAT_SECONDS = 15
TOO_MANY_RETRY_MS = 10_000


class ClientSocket(WebSocket):
    """One connection of one session: what its frames mean, and its end."""

    __slots__ = ("_app", "connection", "requests")

    def __init__(self, app: App, session: Session) -> None:
        """Make the socket of a session; nobody knows of it yet."""
        super().__init__()
        self._app = app
        self.connection = Connection(app.hub.new_id(), session.user, session.id, self, app.flusher)
        self.requests: Requests | None = None  # until it has been let in

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """Hand a text message to the connection's requests."""
        if isinstance(message, bytes):
            self.connection.close(UNSUPPORTED_DATA, "text frames only")
            return None
        return self.requests.receive(message) if self.requests is not None else None

    def take_ping(self, payload: bytes) -> None:
        """Answer a ping, if it is within the user's limit."""
        if self.requests is None or self.requests.allow_ping():
            super().take_ping(payload)

    def on_close(self) -> None:
        """Forget the connection."""
        self._app.metrics.count_close(self.close_code)
        self._app.forget(self.connection)
        # They know this one, too; nothing is left then for the garbage collector.
        del self.connection, self.requests


class Handover(WebSocketProtocol13):
    """What Tornado takes for its WebSocket: it accepts, and `ClientSocket` goes on.

    Handler, request and stream are let go: they would be most of a connection's memory.
    """

    async def accept_connection(self, handler: WebSocketHandler) -> None:
        """Answer a handshake that was checked, and have the handler open the connection."""
        assert isinstance(handler, SocketHandler)
        assert handler.session is not None
        handler.set_status(101)
        handler.clear_header("Content-Type")
        handler.set_header("Upgrade", "websocket")
        handler.set_header("Connection", "Upgrade")
        key = handler.request.headers["Sec-WebSocket-Key"]
        handler.set_header("Sec-WebSocket-Accept", self.compute_accept_value(key))
        handler.finish()
        client = ClientSocket(handler.app, handler.session)
        if await take_over(handler.detach(), client):
            try:
                await handler.open(client)
            except Exception:
                logger.exception("opening a connection")
                client.close(INTERNAL_ERROR)
            client.start()
        handler.ws_connection = None
        handler.on_connection_close()  # has it let go of itself


class SocketHandler(BaseHandler, WebSocketHandler):
    """``/ws``: lets a session in, and hands over to a `ClientSocket`."""

    judges_origin = True

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse what must not be upgraded: 400, 403, 401 or 503, in this order."""
        super().prepare()
        if self.request.method != "GET":
            return  # Tornado answers 405
        headers = self.request.headers
        if self.request.version == "HTTP/1.0":  # RFC 6455 section 4.2.1
            raise Invalid("A WebSocket needs HTTP/1.1.")
        tokens = [part.strip().lower() for part in headers.get("Connection", "").split(",")]
        if headers.get("Upgrade", "").lower() != "websocket" or "upgrade" not in tokens:
            raise Invalid("This address speaks WebSocket only.")
        if not _is_key(headers.get("Sec-WebSocket-Key", "")):
            raise Invalid("The Sec-WebSocket-Key header must be 16 bytes in base64.")
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
            if origin.lower() != own and not self._is_allowed_origin(origin.lower()):
                raise Forbidden("Another site's page may not connect here.")
        if self.request.headers.get("Sec-Fetch-Site", "same-origin") in FOREIGN_SITES:
            raise Forbidden("Another site's page may not connect here.")

    def _is_allowed_origin(self, origin: str) -> bool:
        allowed = self.app.settings.allowed_hosts
        # Where TLS ends at a proxy that nobody named as trusted, a page that came by https is
        # taken for one of http. Never the other way: who is on the way can write such a page.
        schemes = ("https",) if self.is_secure() else ("https", "http")
        host = host_of(origin)
        is_of_web = origin.partition("://")[0] in schemes
        return is_of_web and bool(allowed and host) and is_allowed(host, allowed)

    def get_websocket_protocol(self) -> WebSocketProtocol | None:
        """Return what accepts the connection; None for a version that is not known."""
        if self.request.headers.get("Sec-WebSocket-Version") != "13":
            return None
        return Handover(self, False, _WebSocketParams())

    async def open(self, client: ClientSocket) -> None:
        """Register the connection, say hello, and let events through."""
        if client.is_lost:
            return
        app, connection = self.app, client.connection
        self.settings["heartbeat"].add(client)
        await app.hub.add(connection)
        if not await app.presence.enter(connection):
            connection.drop(TOO_MANY, retry_reason(TOO_MANY_RETRY_MS))
            return
        client.requests = Requests(app.services, connection)
        assert self.user is not None
        user = UserObject(self.user.id, self.user.username, self.user.name, online=True)
        now = rfc3339(app.services.now())
        hello = Hello(user, connection.session, HEARTBEAT_SECONDS, app.version, now)
        connection.start(encode(hello))


def _is_key(key: str) -> bool:
    """Whether this is the nonce that RFC 6455 section 4.1 wants."""
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except ValueError:
        return False
