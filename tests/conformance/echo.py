"""A server that sends every message back: Tornado's handshake, then our `WebSocket`."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tornado.web import Application
from tornado.websocket import WebSocketHandler, WebSocketProtocol13, _WebSocketParams

from handlers.framing import BINARY, TEXT
from handlers.http import HTTPServer
from handlers.websocket import WebSocket, take_over
from tests.acceptance.client import encode_frame


class Echo(WebSocket):
    """Sends back what comes, text as text and bytes as bytes."""

    def on_message(self, message: str | bytes) -> None:
        is_text = isinstance(message, str)
        data = message.encode() if isinstance(message, str) else message
        self.write(encode_frame(TEXT if is_text else BINARY, data, masked=False))

    def on_close(self) -> None:
        """Nobody waits for it."""


class Accepting(WebSocketProtocol13):
    """Accepts as `handlers.socket.Handover` does, for whoever asks."""

    async def accept_connection(self, handler: WebSocketHandler) -> None:
        handler.set_status(101)
        handler.clear_header("Content-Type")
        handler.set_header("Upgrade", "websocket")
        handler.set_header("Connection", "Upgrade")
        key = handler.request.headers["Sec-WebSocket-Key"]
        handler.set_header("Sec-WebSocket-Accept", self.compute_accept_value(key))
        handler.finish()
        echo = Echo()
        if await take_over(handler.detach(), echo):
            echo.start()


class EchoHandler(WebSocketHandler):
    """Any address."""

    def get_websocket_protocol(self) -> Accepting:
        return Accepting(self, False, _WebSocketParams())


@contextmanager
def serve_echo() -> Iterator[str]:
    """Serve on a free port of the running loop; the value is the URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    server = HTTPServer(
        Application([(r"/.*", EchoHandler)], log_function=lambda _: None),
        max_body_size=0,
    )
    server.add_sockets([listening])
    try:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.stop()
