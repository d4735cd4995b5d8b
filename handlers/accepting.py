"""Accepting connections: a few at a time, and none for a moment where files have run out.

Tornado's own way (`tornado.netutil.add_accept_handler`) takes up to 128 in each turn of the
loop, and what all of these ask for comes before anybody else's next message. And where
`accept` fails, it is called again at once, for as long as somebody waits (measured, out of
open files: 80 % of a core, and 3 MB of log a second).
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from tornado.ioloop import IOLoop

logger = logging.getLogger("parley.http")

# So many are between being accepted and being answered: enough to keep a core busy, and a turn
# of the loop short. Where thousands come back at once and as many as there are get in, all of
# them speak in the same turn, and who talks meanwhile waits behind them (measured with 2 a
# millisecond: 250 ms).
ENTERING_AT_ONCE = 2
# Who says nothing for so long, or is answered later (a login), holds up nobody any more: 200 a
# second get in beside a flood of those who never speak.
ENTRY_SECONDS = 0.01

# Until it is tried again: a few system calls a second are nothing, and where only one file is
# free, those who have given up waiting are got rid of one at a time.
PAUSE_SECONDS = 0.1
COMPLAINT_SECONDS = 60.0
# Kept for what the server itself has to open: its database or its broker once more.
RESERVED_FILES = 32

# Returns what `Acceptor.entered` is told.
Accepted = Callable[[socket.socket, Any], Hashable]


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
        self._entering: dict[Hashable, float] = {}
        self._held: set[socket.socket] = set()
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
        self._held.clear()

    def entered(self, who: Hashable) -> None:
        """Let the next in: what was accepted has been answered, or has gone. No-op the second
        time."""
        if self._entering.pop(who, None) is not None:
            for listening in tuple(self._held):
                IOLoop.current().remove_timeout(self._resting[listening])
                self._watch(listening)

    def _watch(self, listening: socket.socket) -> None:
        self._resting.pop(listening, None)
        self._held.discard(listening)
        IOLoop.current().add_handler(listening, self._accept, IOLoop.READ)

    def _rest(self, listening: socket.socket, seconds: float) -> None:
        loop = IOLoop.current()
        loop.remove_handler(listening)
        self._resting[listening] = loop.call_later(seconds, self._watch, listening)

    def _has_place(self) -> bool:
        before = IOLoop.current().time() - ENTRY_SECONDS
        while self._entering:
            first = next(iter(self._entering))
            if self._entering[first] > before:
                break
            del self._entering[first]
        return len(self._entering) < ENTERING_AT_ONCE

    def _accept(self, listening: socket.socket, _: int) -> None:
        while self._has_place():
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
            self._entering[self._accepted(connection, address)] = IOLoop.current().time()
        self._rest(listening, ENTRY_SECONDS)
        self._held.add(listening)

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
