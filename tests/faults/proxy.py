"""A TCP proxy that can cut, hold and delay what passes through it, each way by itself."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import cast

# What a slow line takes before its sender has to wait, as buffers of routers do.
MAX_WAITING_BYTES = 16 * 1024

Place = Callable[[], tuple[str, int]]


class Pipe(asyncio.Protocol):
    """One end of a connection: what arrives here goes out at the `other` end."""

    def __init__(self, proxy: Proxy, *, is_client: bool) -> None:
        self.proxy = proxy
        self.is_client = is_client
        self.transport: asyncio.Transport | None = None
        self.other: Pipe | None = None
        self._kept: list[bytes] = []
        self._delayed: deque[tuple[Callable[..., None], tuple[bytes, ...]]] = deque()
        self._due = self._sent_at = 0.0
        self._waiting = 0
        self._is_over = self._is_ended = False
        self.is_abandoned = False
        self.is_silent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.proxy.pipes.add(self)
        if self.is_client:
            self.proxy.spawn(self._reach())
        self.obey()

    async def _reach(self) -> None:
        other = Pipe(self.proxy, is_client=False)
        other.other = self
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: other, *self.proxy.target())
        except OSError:
            self.reset()
            return
        self.other = other
        if self._is_over:
            other.reset()
            return
        kept, self._kept = self._kept, []
        for data in kept:
            other.write(data)

    def data_received(self, data: bytes) -> None:
        if self.is_silent:
            return
        self._later(self._forward, data)
        if self._waiting > MAX_WAITING_BYTES:
            self.obey()

    def _forward(self, data: bytes) -> None:
        if self.other is None:
            self._kept.append(data)
        else:
            self.other.write(data)

    def _later(self, what: Callable[..., None], *arguments: bytes) -> None:
        proxy = self.proxy
        if proxy.delay_seconds or proxy.bytes_per_second or self._delayed:
            loop = asyncio.get_running_loop()
            size = sum(len(data) for data in arguments)
            self._sent_at = max(self._sent_at, loop.time())
            if proxy.bytes_per_second:
                self._sent_at += size / proxy.bytes_per_second
            # Not before what came earlier, whose delay may have been longer.
            self._due = max(self._due, self._sent_at + proxy.delay_seconds)
            self._waiting += size
            self._delayed.append((what, arguments))
            loop.call_at(self._due, self._pass_next)
        else:
            what(*arguments)

    def _pass_next(self) -> None:
        what, arguments = self._delayed.popleft()
        what(*arguments)
        self._waiting -= sum(len(data) for data in arguments)
        self.obey()

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing() and not self._is_ended:
            self.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over = True
        self.proxy.pipes.discard(self)
        # A network that is cut does not tell of the end, either.
        if self.other is not None and not self.proxy.is_held(self):
            self._later(self.other.close if exc is None else self.other.reset)

    def obey(self) -> None:
        """Hold what comes from this end, or let it pass."""
        if self.transport is None or self.transport.is_closing():
            return
        if self.proxy.is_held(self) or self._waiting > MAX_WAITING_BYTES:
            self.transport.pause_reading()
        elif not self.transport.is_reading():
            self.transport.resume_reading()

    def end_writing(self) -> None:
        """Say that nothing more comes; what arrives here still passes."""
        if self.transport is not None and not self.transport.is_closing() and not self._is_ended:
            self._is_ended = True
            with suppress(OSError):  # it is cut, and nobody has told us yet
                self.transport.write_eof()

    def close(self) -> None:
        """Close it once what was written has gone."""
        if self.transport is not None:
            self.transport.close()

    def reset(self) -> None:
        """Cut the connection with an RST."""
        if self.transport is None or self.transport.is_closing():
            return
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


class Proxy:
    """A place of its own that leads to another, which may change."""

    host = "127.0.0.1"

    def __init__(self, target: Place) -> None:
        """`target` is asked anew for each connection."""
        self.target = target
        self.port = 0
        self.pipes: set[Pipe] = set()
        self.delay_seconds = 0.0
        self.bytes_per_second = 0.0  # each way, of each connection; 0 for no bound
        self._holds_up = self._holds_down = False
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Pipe(self, is_client=True), self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cut everything and listen no more."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        self.reset()

    def hold(self, *, up: bool = True, down: bool = True) -> None:
        """Let nothing through any more, and say nothing of it: a black hole.

        Args:
            up: what clients send.
            down: what they are sent.
        """
        self._holds_up, self._holds_down = up, down
        for pipe in list(self.pipes):
            pipe.obey()

    def release(self) -> None:
        """Let everything through, also what was held."""
        self.hold(up=False, down=False)

    def is_held(self, pipe: Pipe) -> bool:
        """Whether what comes from this end is held."""
        return pipe.is_abandoned or (self._holds_up if pipe.is_client else self._holds_down)

    def reset(self) -> None:
        """Cut all connections with an RST."""
        for pipe in list(self.pipes):
            pipe.reset()

    def abandon(self) -> None:
        """Hold for ever what passes on all connections there are; new ones are fine."""
        for pipe in list(self.pipes):
            pipe.is_abandoned = True
            pipe.obey()

    def silence(self, port: int) -> None:
        """Lose from now on what comes from the target over the connection that has this port at
        our end; the connection itself stays."""
        for pipe in self.pipes:
            if not pipe.is_client and pipe.transport is not None:
                pipe.is_silent |= pipe.transport.get_extra_info("sockname")[1] == port

    def half_close(self) -> None:
        """Tell all servers that their clients say no more, though they still listen."""
        for pipe in list(self.pipes):
            if not pipe.is_client:
                pipe.end_writing()

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run what a pipe has to wait for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
