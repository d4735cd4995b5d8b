"""Accepting connections: a few at a time, and none for a moment where files have run out.

Tornado's own way (`tornado.netutil.add_accept_handler`) takes up to 128 in each turn of the
loop, and what all of these ask for comes before anybody else's next message. And where
`accept` fails, it is called again at once, for as long as somebody waits (measured, out of
open files: 80 % of a core, and 3 MB of log a second).
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterable
from typing import Any

from tornado.ioloop import IOLoop

logger = logging.getLogger("parley.http")

# As fast as handshakes can be worked off, some 0.5 ms each. With more or without the gap
# thousands who come back at once are all let in before the first has been greeted, and who
# talks meanwhile waits behind them (measured with 4,000 and 128 in a turn: p50 4.4 s; with 2
# in a turn and no gap: 0.7 s; so: 6 ms).
ACCEPTS_AT_ONCE = 2
GAP_SECONDS = 0.001

# Until it is tried again: a few system calls a second are nothing, and where only one file is
# free, those who have given up waiting are got rid of one at a time.
PAUSE_SECONDS = 0.1
COMPLAINT_SECONDS = 60.0
# Kept for what the server itself has to open: its database or its broker once more.
RESERVED_FILES = 32

Accepted = Callable[[socket.socket, Any], None]


class Acceptor:
    """Accepts connections on listening sockets, which it closes in the end."""

    def __init__(self, accepted: Accepted, max_files: int | None) -> None:
        """Call `accepted` with each connection and its address.

        Args:
            max_files: how many files this process may have open; None if nobody can say.
        """
        self._accepted = accepted
        self._end = None
        if max_files is not None:
            self._end = max_files - min(RESERVED_FILES, max_files // 8)
        self._sockets: list[socket.socket] = []
        self._resting: dict[socket.socket, object] = {}
        self._quiet_until = 0.0

    def add(self, sockets: Iterable[socket.socket]) -> None:
        """Begin to accept on sockets that listen already."""
        for listening in sockets:
            self._sockets.append(listening)
            self._watch(listening)

    def close(self) -> None:
        """Accept no more. No-op the second time."""
        loop = IOLoop.current()
        for listening in self._sockets:
            if listening in self._resting:
                loop.remove_timeout(self._resting.pop(listening))
            else:
                loop.remove_handler(listening)
            listening.close()
        self._sockets.clear()

    def _watch(self, listening: socket.socket) -> None:
        self._resting.pop(listening, None)
        IOLoop.current().add_handler(listening, self._accept, IOLoop.READ)

    def _rest(self, listening: socket.socket, seconds: float) -> None:
        loop = IOLoop.current()
        loop.remove_handler(listening)
        self._resting[listening] = loop.call_later(seconds, self._watch, listening)

    def _accept(self, listening: socket.socket, _: int) -> None:
        for _ in range(ACCEPTS_AT_ONCE):
            try:
                connection, address = listening.accept()
            except BlockingIOError:
                return  # there are no more, or another process took them
            except ConnectionAbortedError:
                continue
            except OSError as error:
                self._pause(listening, error.strerror or str(error))
                return
            # The lowest free number is given, so a high one tells that few are free.
            if self._end is not None and connection.fileno() >= self._end:
                connection.close()
                self._pause(listening, "Too many open files")
                return
            self._accepted(connection, address)
        self._rest(listening, GAP_SECONDS)

    def _pause(self, listening: socket.socket, reason: str) -> None:
        """Let whoever waits wait on; what is missing is there again when somebody leaves."""
        self._rest(listening, PAUSE_SECONDS)
        now = IOLoop.current().time()
        if now >= self._quiet_until:
            self._quiet_until = now + COMPLAINT_SECONDS
            logger.error(
                "cannot let anybody in for now: %s. Allow more open files (ulimit -n, "
                "LimitNOFILE= of systemd) or run another server",
                reason,
            )
