"""A WebSocket client that costs far less than the server that it measures.

It takes all frames of one read at once and hands their payloads on as bytes; what they
hold is looked at after the measurement. What it sends is masked as a whole, by a key that
stays the same: RFC 6455 section 5.3 wants a new one for each frame because of proxies, and
here is none.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import struct
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol, cast

import msgspec

# Longer than anything should take, so that slowness is a figure and not a failure.
ANSWER_SECONDS = 60.0

_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A
_KEY = b"\x9d\x41\xe6\x2b"

# Called with the payloads of all text frames of one read, and the time of that read in
# seconds (`time.perf_counter`).
Listener = Callable[[list[bytes], float], None]


class Address(Protocol):
    """Where a server listens."""

    @property
    def host(self) -> str:
        """Its address."""

    @property
    def port(self) -> int:
        """Its port."""


class Lost(ConnectionError):
    """A connection that ended although nobody here ended it, or that was refused."""


class Client(asyncio.Protocol):
    """One connection of one session.

    `listener` gets what arrives. At first that is the client itself, which keeps answers
    for `ask`; a measurement puts its own there.
    """

    def __init__(self) -> None:
        """Use `connect` instead."""
        self.listener: Listener = self.keep_answers
        self.is_closing = False
        self.transport: asyncio.Transport
        self.upgraded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_open = False
        self._rest = b""
        self._end = "ended without a word"
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._awaited: list[tuple[tuple[bytes, ...], asyncio.Future[None]]] = []

    def write(self, frames: bytes) -> None:
        """Send what `frame` made, any number of them."""
        self.transport.write(frames)

    async def ask(self, type_: str, **fields: object) -> Any:
        """Send a request and return its answer.

        Raises:
            Lost: the connection ended before.
            RuntimeError: the answer is an error.
        """
        number = next(self._numbers)
        self._asked[number] = asyncio.get_running_loop().create_future()
        request = {"type": type_, "id": number, **fields}
        self.write(frame(msgspec.json.encode(request)))
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await self._asked[number]
        if answer["type"] == "error":
            raise RuntimeError(f"{type_}: {answer}")
        return answer

    def heard(self, *beginnings: bytes) -> asyncio.Future[None]:
        """Return a future of the next frame that begins like one of these."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited.append((beginnings, future))
        return future

    def abort(self) -> None:
        """Drop the connection."""
        self.is_closing = True
        self.transport.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is of no such class

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        if self._rest:
            data = self._rest + data
            self._rest = b""
        position = 0 if self._is_open else self._upgrade(data)
        end = len(data)
        frames = []
        while end - position >= 4 or (end - position >= 2 and data[position + 1] < 126):
            length = data[position + 1]
            start = position + 2
            if length == 126:
                start += 2
                length = (data[position + 2] << 8) | data[position + 3]
            elif length == 127:
                start += 8
                if start > end:
                    break
                length = int.from_bytes(data[position + 2 : start])
            stop = start + length
            if stop > end:
                break
            if data[position] == _TEXT:
                frames.append(data[start:stop])
            else:
                self._control(data[position], data[start:stop])
            position = stop
        if position < end:
            self._rest = data[position:]
        if frames:
            self.listener(frames, now)

    def connection_lost(self, exc: Exception | None) -> None:
        error = Lost(f"the connection {self._end}")
        waiting = [self.upgraded, *self._asked.values(), *(each for _, each in self._awaited)]
        for future in waiting:
            if not future.done():
                future.set_exception(error)
                future.exception()  # it is no news to whoever does not wait for it
        if not self.lost.done():
            if self.is_closing:
                self.lost.set_result(None)
            else:
                self.lost.set_exception(error)
                self.lost.exception()

    # Inside

    def _upgrade(self, data: bytes) -> int:
        """Return where the first frame begins, if the answer to the handshake is there."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return 0
        if not data.startswith(b"HTTP/1.1 101 "):
            self._end = "was refused: " + data.split(b"\r\n", 1)[0].decode()
            self.transport.abort()
            return len(data)
        self._is_open = True
        if not self.upgraded.done():
            self.upgraded.set_result(None)
        return end + 4

    def _control(self, kind: int, payload: bytes) -> None:
        if kind == _PING:
            self.write(frame(payload, _PONG))
        elif kind == _CLOSE:
            code, reason = int.from_bytes(payload[:2]), payload[2:].decode("utf-8", "replace")
            self._end = f"was closed with {code} {reason}"
            self.transport.close()

    def keep_answers(self, frames: list[bytes], now: float) -> None:
        for payload in frames:
            for beginnings, awaited in self._awaited:
                if payload.startswith(beginnings) and not awaited.done():
                    awaited.set_result(None)
            answer = msgspec.json.decode(payload)
            future = self._asked.pop(answer.get("re"), None)
            if future is not None and not future.done():
                future.set_result(answer)


def frame(payload: bytes, kind: int = _TEXT) -> bytes:
    """Return a text frame as a client sends it."""
    return header(len(payload), kind) + masked(payload)


def header(length: int, kind: int = _TEXT) -> bytes:
    """Return what stands before a masked payload of so many bytes."""
    if length < 126:
        return struct.pack("!BB4s", kind, 0x80 | length, _KEY)
    if length < 1 << 16:
        return struct.pack("!BBH4s", kind, 0xFE, length, _KEY)
    return struct.pack("!BBQ4s", kind, 0xFF, length, _KEY)


def masked(payload: bytes) -> bytes:
    """Return a payload as it stands behind `header`."""
    size = len(payload)
    # As numbers they take 0.5 µs for a message of 230 bytes; byte by byte it is 13 µs.
    return (int.from_bytes(payload) ^ _mask(size)).to_bytes(size)


@lru_cache(maxsize=1024)
def _mask(size: int) -> int:
    return int.from_bytes((_KEY * (size // 4 + 1))[:size])


def handshake(server: Address, token: str) -> bytes:
    """Return the request that opens a WebSocket for a session."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /ws HTTP/1.1\r\nHost: {server.host}:{server.port}\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()


async def connect(server: Address, token: str) -> Client:
    """Return a connection that has been upgraded.

    Raises:
        Lost: the server refused it; the text tells the status.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(ANSWER_SECONDS):
        _, client = await loop.create_connection(Client, server.host, server.port)
        client.write(handshake(server, token))
        await client.upgraded
    return client
