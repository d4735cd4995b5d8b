"""A client's connection as the services see it: something that frames are sent to.

Frames are gathered until the loop's next turn and then written together: a write is a
system call, and a busy connection gets many frames in one turn. What gathers behind a
slow reader is bounded in bytes; over the bound the connection is closed and nobody else
waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from chat.metrics import Metrics
from chat.models import SessionId, UserId
from chat.protocol import TOO_SLOW

# protocol.md, "Bounds": 1 MiB. Smaller, and a page of history for a phone on a slow link is
# cut off; larger, and thousands of stopped readers fill the memory.
MAX_BACKLOG_BYTES = 1024 * 1024

logger = logging.getLogger("parley.connections")


class Transport(Protocol):
    """What a connection needs of the WebSocket under it."""

    def write(self, data: bytes) -> None:
        """Hand over whole frames; does not wait."""

    def backlog(self) -> int:
        """Return the bytes that the kernel has not taken yet."""

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake."""

    def abort(self) -> None:
        """Drop the connection with whatever is queued."""


class Flusher:
    """Writes out, once a turn of the loop, every connection that got frames in it."""

    def __init__(self, metrics: Metrics) -> None:
        """Make one; a process has one."""
        self._due: list[Connection] = []
        self._metrics = metrics

    def add(self, connection: Connection) -> None:
        """Have a connection flushed at the end of this turn."""
        if not self._due:
            asyncio.get_running_loop().call_soon(self._flush)
        self._due.append(connection)

    def _flush(self) -> None:
        due, self._due = self._due, []
        for connection in due:
            try:
                self._metrics.deliveries += connection.flush()
            except Exception:
                logger.exception("writing to a connection")
                connection.transport.abort()


class Connection:
    """One WebSocket of one session. `id` is unique among all processes.

    Nothing is written before `start`, so that what happens while a connection is being
    registered neither gets lost nor overtakes its first frame.
    """

    __slots__ = ("_flusher", "_frames", "id", "is_closed", "session", "transport", "user")

    def __init__(
        self, id_: str, user: UserId, session: SessionId, transport: Transport, flusher: Flusher
    ) -> None:
        """Make the connection of a session; it is not registered with the hub yet."""
        self.id = id_
        self.user = user
        self.session = session
        self.transport = transport
        self.is_closed = False
        self._flusher = flusher
        self._frames: list[bytes] | None = []

    def start(self, first: bytes) -> None:
        """Write `first`, then what was sent in the meantime, then whatever comes."""
        if not self.is_closed:
            self._frames = [first, *(self._frames or ())]
            self._flusher.add(self)

    def drop(self, code: int, reason: str) -> None:
        """Close without writing what has gathered."""
        self._frames = None
        self.close(code, reason)

    def send(self, frame: bytes) -> None:
        """Send a whole frame, after those sent before. No-op once closed."""
        if self.is_closed:
            return
        if self._frames is None:
            self._frames = [frame]
            self._flusher.add(self)
        else:
            self._frames.append(frame)

    def flush(self) -> int:
        """Write what has gathered; return the number of frames."""
        frames, self._frames = self._frames, None
        if frames is None or self.is_closed:
            return 0
        data = frames[0] if len(frames) == 1 else b"".join(frames)
        # One answer may be larger than what is left of the bound; a reader that keeps up
        # has an empty backlog, and gets it all the same.
        backlog = self.transport.backlog()
        if backlog and backlog + len(data) > MAX_BACKLOG_BYTES:
            self.is_closed = True
            self.transport.close(TOO_SLOW, "too slow")
            self.transport.abort()
            return 0
        self.transport.write(data)
        return len(frames)

    def close(self, code: int, reason: str = "") -> None:
        """Write what has gathered and begin to close. No-op once closed."""
        if self.is_closed:
            return
        self.flush()
        self.is_closed = True
        self.transport.close(code, reason)
