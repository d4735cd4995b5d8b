"""A client of Parley, written from the protocol's text alone, on bare asyncio streams.

HTTP/1.1 and RFC 6455 are spoken here by hand, so that malformed requests and frames can be
sent, and so that no library smooths over what the server answers. Every frame that arrives
passes a `Ledger`, which knows the promises that hold on each connection whatever a test is
about; what it finds is raised at the end of the test.
"""

from tests.acceptance.client.browser import Browser, assets_of, inputs_of
from tests.acceptance.client.connection import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    Connection,
    encode_frame,
    handshake,
)
from tests.acceptance.client.http_client import http, open_stream, raw_http, read_response
from tests.acceptance.client.ledger import Ledger
from tests.acceptance.client.shapes import MAX_INTEGER, Frame, check_instant, check_user, is_id
from tests.acceptance.client.world import Person, World

__all__ = [
    "BINARY",
    "CLOSE",
    "MAX_INTEGER",
    "PING",
    "PONG",
    "TEXT",
    "Browser",
    "Connection",
    "Frame",
    "Ledger",
    "Person",
    "World",
    "assets_of",
    "check_instant",
    "check_user",
    "encode_frame",
    "handshake",
    "http",
    "inputs_of",
    "is_id",
    "open_stream",
    "raw_http",
    "read_response",
]
