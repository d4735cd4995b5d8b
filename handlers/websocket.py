"""A WebSocket on a transport of the event loop (RFC 6455), from Tornado's handshake on.

Tornado checks and answers the handshake; then `take_over` moves the socket out of Tornado
into a `WebSocket`, an `asyncio.Protocol`. Measured for that (tests/load): an idle connection
costs 3 KiB of memory instead of 20, and a message between two people 40 µs instead of 60.
How frames are read is in `handlers.framing`.

What a peer can make grow is bounded: frames are read only as fast as they are handled,
pongs wait in a single place, and whoever sends through `write` looks at `backlog`. A peer
that shows no life, or leaves a message unfinished, is dropped by the `Heartbeat`, one timer
for all connections.

The trap: a transport may go at any time, and says so only a turn of the loop later. Nothing
is written after `close`, and `on_close` is called once, whatever the end.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
import sys
from abc import abstractmethod
from collections.abc import Awaitable
from contextlib import suppress
from typing import Final, cast

from tornado.iostream import IOStream

from handlers import framing
from handlers.framing import Reader, Violation, close_frame, control_frame

if sys.platform == "linux":
    import fcntl
    import termios

logger = logging.getLogger("parley.websocket")

# The closing handshake, and what is under way before it: a phone on a slow link answers
# within this; longer, and those who never answer pile up.
CLOSE_SECONDS: Final = 5.0

NO_STATUS: Final = 1005
ABNORMAL: Final = 1006
INTERNAL_ERROR: Final = 1011

# Rounds of pings until a message that is not complete has taken too long: within 60 s.
MAX_AGE_ROUNDS: Final = 4
# The heart beats so often in a round, each time for as many connections of those there are: with
# 10,000 for 42, which hold up others by a millisecond (and 208 by five, with 48 beats).
BEATS: Final = 240
# Until more is read of a peer that sent so many frames and no message among them: pings,
# pongs, crumbs of a message. Read as fast as they come they take a whole core.
REST_SECONDS: Final = 0.01
# A beat that is later than this says that the process stood still: what peers have sent
# meanwhile must be read before they are judged.
LATE_SECONDS: Final = 1.0

# What takes a slow link seconds. With less, what reached a peer's kernel just after the ping
# would pass for a sign that its program lives.
SLOW_BYTES: Final = 16 * 1024

_PING: Final = control_frame(framing.PING)
_RESET: Final = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # struct linger


# How far a connection is; plain numbers, since each frame asks. Nothing is written but while
# it is open.
_OPEN: Final = 0
_CLOSING: Final = 1  # our close frame is sent; the peer's is awaited
_ENDED: Final = 2  # what still arrives is ignored until the transport has closed
_LOST: Final = 3


class WebSocket(Reader, asyncio.Protocol):
    """One connection. A subclass says what is done with messages and at the end.

    It does not read before `start`, so that a subclass can get ready without missing the
    peer's leaving.
    """

    __slots__ = (
        "_beat",
        "_is_held",
        "_is_talking",
        "_pongs",
        "_state",
        "_timer",
        "_transport",
        "_unsent_at_ping",
        "close_code",
    )

    _transport: asyncio.Transport

    def __init__(self) -> None:
        """Make one that gets a transport from `take_over`."""
        super().__init__()
        # 1006 until either side has said why (section 7.1.5)
        self.close_code = ABNORMAL
        self._state: int = _OPEN
        self._is_held = True
        self._is_talking = False
        self._pongs = b""
        self._timer: asyncio.TimerHandle | None = None
        self._beat: set[WebSocket] | None = None
        self._unsent_at_ping: int | None = None

    @abstractmethod
    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """Handle a message; nothing more is read until what is returned is done."""

    @abstractmethod
    def on_close(self) -> None:
        """Handle the end, of which `close_code` tells; called once."""

    # What its owner does

    @property
    def is_lost(self) -> bool:
        """Whether there is no connection any more."""
        return self._state == _LOST

    def start(self) -> None:
        """Begin to read, with what Tornado had read already."""
        self._resume()

    def write(self, data: bytes) -> None:
        """Send whole frames. No-op once closed."""
        if self._state == _OPEN:
            self._transport.write(data)

    def backlog(self) -> int:
        """Return the bytes that the kernel has not taken yet."""
        return self._transport.get_write_buffer_size()

    def close(self, code: int, reason: str = "") -> None:
        """Begin the closing handshake; a peer that does not end it is dropped. No-op once
        closed."""
        if self._state == _OPEN:
            self.close_code = code
            self._transport.write(close_frame(code, reason))
            self._state = _CLOSING
            self._abort_later()

    def abort(self) -> None:
        """Drop the connection, at once and with whatever is queued, in the kernel, too."""
        if self._state != _LOST:
            self._state = _ENDED
            # Otherwise the kernel would try for minutes to send up to `SO_SNDBUF` of it.
            with suppress(OSError):
                sock = self._transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()

    # What the heartbeat does

    def ping(self) -> None:
        """Ask the peer for a sign of life."""
        if self._is_held:
            return  # it waits for us
        if self.grow_older() > MAX_AGE_ROUNDS:
            self.abort()
        elif self._state == _OPEN:
            # On a slow link a pong is late: the ping is behind all that is on its way. That
            # this becomes less is a sign of life, too.
            unsent = self._unsent()
            self._unsent_at_ping = unsent if unsent > SLOW_BYTES else 0
            if not self.backlog():
                self._transport.write(_PING)

    def check(self) -> None:
        """Drop a peer that has shown no sign of life since the ping."""
        before = self._unsent_at_ping
        if before is None or self._is_held or self._state != _OPEN:
            return
        if self._unsent() >= before:
            self.abort()

    # What the event loop does

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is of no such class
        # Then `resume_writing` tells when the kernel has taken everything.
        self._transport.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        self._unsent_at_ping = None
        if self._is_held:  # the loop begins to read by itself
            self._transport.pause_reading()
            self.keep(data)
        else:
            self._read(data)

    def resume_writing(self) -> None:
        self._send_pongs()

    def eof_received(self) -> None:
        """See `asyncio.Protocol`: the transport closes itself. No peer ends like this that
        still reads, so what is queued for it is dropped."""
        if self.backlog():
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (interface)
        self._state = _LOST
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._beat is not None:
            self._beat.discard(self)
            self._beat = None
        self.forget()
        self.on_close()

    # What the reader does

    def take_message(self, message: str | bytes) -> bool:
        if self._state != _OPEN:
            return False  # what crossed our close frame
        self._is_talking = True
        if self._pongs:
            self._send_pongs()  # what was asked before is answered before
        try:
            pending = self.on_message(message)
        except Exception:
            logger.exception("handling a message")
            self._fail(INTERNAL_ERROR)
            return True
        if pending is None:
            return False
        self._hold()
        asyncio.ensure_future(pending).add_done_callback(self._handled)
        return True

    def take_ping(self, payload: bytes) -> None:
        if self._state != _OPEN:
            return
        pong = control_frame(framing.PONG, payload)
        # Only the latest must be answered (section 5.5.3): who sends pings and does not
        # read finds one pong here, and not a million.
        self._pongs = pong if self.backlog() else self._pongs + pong

    def take_pong(self, payload: bytes) -> None:
        """That something has arrived is all that it says."""

    def take_close(self, code: int | None, reason: str) -> None:  # noqa: ARG002 (interface)
        if self._state == _OPEN:
            self.close_code = NO_STATUS if code is None else code
            self._send_pongs()
            self._transport.write(close_frame(code))
        self._state = _ENDED
        if self.backlog():
            self._abort_later()
        self._transport.close()

    # Inside

    def _unsent(self) -> int:
        """Return the bytes that the peer has not got: our backlog and, on Linux, the kernel's."""
        unsent = self.backlog()
        if sys.platform == "linux":
            with suppress(OSError):
                descriptor = self._transport.get_extra_info("socket").fileno()
                unsent += struct.unpack("i", fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4)))[0]
        return unsent

    def _read(self, data: bytes) -> None:
        if self._state >= _ENDED:
            return
        self._is_talking = False
        try:
            is_more = self.feed(data)
        except Violation as violation:
            self._fail(violation.code, violation.reason)
            return
        if self._pongs:
            self._send_pongs()
        if is_more and not self._is_held and self._state < _ENDED:
            self._hold()
            loop = asyncio.get_running_loop()
            if self._is_talking:
                loop.call_soon(self._resume)
            else:
                loop.call_later(REST_SECONDS, self._resume)

    def _hold(self) -> None:
        self._is_held = True
        self._transport.pause_reading()

    def _resume(self) -> None:
        self._is_held = False
        self._read(b"")
        if not self._is_held and self._state != _LOST:
            self._transport.resume_reading()

    def _handled(self, pending: asyncio.Future[None]) -> None:
        """Go on after a message that took its time."""
        try:
            pending.result()
        except (Exception, asyncio.CancelledError):
            logger.exception("handling a message")
            self._fail(INTERNAL_ERROR)
        self._resume()

    def _send_pongs(self) -> None:
        if self._state == _OPEN and self._pongs and not self.backlog():
            pongs, self._pongs = self._pongs, b""
            self._transport.write(pongs)

    def _fail(self, code: int, reason: str = "") -> None:
        """Fail the connection (section 7.1.7): say why, and read no more frames.

        To close the socket while the peer still sends would have the kernel throw away what
        says why. So it is closed for writing; what arrives is ignored until the peer closes,
        too.
        """
        if self._state == _OPEN:
            self.close_code = code
            self._send_pongs()
            self._transport.write(close_frame(code, reason))
        if self._state < _ENDED:
            self._state = _ENDED
            self._abort_later()
            self._transport.write_eof()

    def _abort_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self.abort)


class Heartbeat:
    """Pings all connections once in `interval_seconds`, and drops those that show no life
    within `timeout_seconds`.

    They are spread over the interval, however many came at once.
    """

    def __init__(self, interval_seconds: float, timeout_seconds: float) -> None:
        """Make one; it beats while there are connections."""
        self._seconds = interval_seconds / BEATS
        self._timeout_beats = round(timeout_seconds / self._seconds)
        assert 0 < self._timeout_beats < BEATS
        self._connections: list[set[WebSocket]] = [set() for _ in range(BEATS)]
        self._next_place = 0
        self._beat = 0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, connection: WebSocket) -> None:
        """Watch a connection, until it has ended."""
        self._next_place = (self._next_place + 1) % BEATS
        connection._beat = self._connections[self._next_place]
        connection._beat.add(connection)
        if self._timer is None:
            self._due = asyncio.get_running_loop().time()
            self._schedule()

    def _schedule(self) -> None:
        self._due += self._seconds
        self._timer = asyncio.get_running_loop().call_at(self._due, self._tick)

    def _tick(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._due > LATE_SECONDS:
            self._due = now
            self._schedule()
            return
        self._beat = (self._beat + 1) % BEATS
        for connection in tuple(self._connections[self._beat]):
            connection.ping()
        for connection in tuple(self._connections[self._beat - self._timeout_beats]):
            connection.check()
        if any(self._connections):
            self._schedule()
        else:
            self._timer = None


async def take_over(stream: IOStream, websocket: WebSocket) -> bool:
    """Move the socket under a stream, which Tornado has detached, to a WebSocket.

    The stream is of no use any more. TLS is not known here: it ends at the proxy.

    Returns:
        False if there is no connection any more.
    """
    if stream.closed() or stream.writing():  # a client that did not even read the answer
        stream.close()
        return False
    sock, read = stream.socket, bytes(stream._read_buffer)
    if stream._state is not None:
        stream.io_loop.remove_handler(sock)
        stream._state = None
    # As `IOStream.close` leaves it, but for the open socket.
    stream.socket = None  # type: ignore[assignment]
    stream._closed = True
    if read:
        websocket.keep(read)
    await asyncio.get_running_loop().connect_accepted_socket(lambda: websocket, sock)
    return True
