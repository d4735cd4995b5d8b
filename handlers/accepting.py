"""Accepting connections, and letting them in a few at a time.

Tornado's own way (`tornado.netutil.add_accept_handler`) takes up to 128 in each turn of the
loop, and what all of these ask for comes before anybody else's next message. Here they are
accepted as they come, since a kernel whose queue is full has them try again after seconds
(measured: 10,000 took 9 to 20 s instead of 5), and wait at the door, where they cost nothing
but a file, until those before them have been answered.

And where `accept` fails, Tornado calls it again at once, for as long as somebody waits
(measured, out of open files: 80 % of a core, and 3 MB of log a second); here after a pause.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from tornado.ioloop import IOLoop

logger = logging.getLogger("parley.http")

# So many are accepted in a turn of the loop, a fraction of a millisecond's work.
ACCEPTED_AT_ONCE = 32
# So many are between the door and being answered. What the next wants has come by then, so one
# keeps a core busy, and who talks meanwhile waits behind one. (Measured while 10,000 come back,
# p99 of the others' messages: 3.6 ms with one, 5 with two, 250 with two each millisecond.)
ENTERING_AT_ONCE = 1
# While messages of those inside are being stored, the next waits for so long at most: their way
# has several steps, and each would wait for one who comes in.
GIVE_WAY_SECONDS = 0.002
LOOK_SECONDS = 0.001
# Who says nothing for so long, or is answered later (a login), holds up nobody any more.
ENTRY_SECONDS = 0.005
# So many at the door are looked at for one that has asked for something; those who have not go to
# its end. Beside a flood of those who never speak, thousands a second come by.
LOOKED_AT = 64
# At the door each is an open file; with what the kernel keeps this is a crowd of 12,000.
MAX_AT_DOOR = 8192

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

    def __init__(
        self,
        accepted: Accepted,
        max_files: int | None,
        is_busy: Callable[[], bool] = lambda: False,
    ) -> None:
        """Call `accepted` with each connection and its address.

        Args:
            max_files: how many files this process may have open; None if nobody can say.
            is_busy: whether somebody inside waits for an answer that is under way.
        """
        self._accepted = accepted
        self._is_busy = is_busy
        self._last = 0.0
        self._end = None
        if max_files is not None:
            self._end = max_files - min(RESERVED_FILES, max_files // 8)
        self._most_at_door = min(MAX_AT_DOOR, max_files // 2 if max_files else MAX_AT_DOOR)
        self._sockets: list[socket.socket] = []
        self._resting: dict[socket.socket, object] = {}
        self._quiet_until = 0.0
        self._at_door: deque[tuple[socket.socket, Any]] = deque()
        self._entering: dict[Hashable, float] = {}
        self._is_next_due = False
        self._timer: asyncio.TimerHandle | None = None

    def add(self, sockets: Iterable[socket.socket]) -> None:
        """Begin to accept on sockets that listen already."""
        for listening in sockets:
            self._sockets.append(listening)
            self._watch(listening)

    def close(self) -> None:
        """Accept no more, and send away who is at the door. No-op the second time."""
        loop = IOLoop.current()
        for listening in self._sockets:
            if listening in self._resting:
                loop.remove_timeout(self._resting.pop(listening))
            else:
                loop.remove_handler(listening)
            listening.close()
        self._sockets.clear()
        for connection, _ in self._at_door:
            connection.close()
        self._at_door.clear()

    def entered(self, who: Hashable) -> None:
        """Let the next in: what was let in has been answered, or has gone. No-op the second
        time."""
        if self._entering.pop(who, None) is not None and self._at_door and not self._is_next_due:
            # Not at once: the others come first.
            self._is_next_due = True
            asyncio.get_running_loop().call_soon(self._let_in)

    def _watch(self, listening: socket.socket) -> None:
        self._resting.pop(listening, None)
        IOLoop.current().add_handler(listening, self._accept, IOLoop.READ)

    def _accept(self, listening: socket.socket, _: int) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            if len(self._at_door) > self._most_at_door:
                self._rest(listening)
                break
            try:
                connection, address = listening.accept()
            except BlockingIOError:
                break  # there are no more, or another process took them
            except ConnectionAbortedError:
                continue
            except OSError as error:
                self._pause(listening, error.strerror or str(error))
                break
            # The lowest free number is given, so a high one tells that few are free.
            if self._end is not None and connection.fileno() >= self._end:
                connection.close()
                self._pause(listening, "Too many open files")
                break
            connection.setblocking(False)
            self._at_door.append((connection, address))
        self._let_in()

    def _let_in(self) -> None:
        self._is_next_due = False
        now = asyncio.get_running_loop().time()
        while self._at_door and self._has_place(now):
            if now < self._last + GIVE_WAY_SECONDS and self._is_busy():
                self._look_again_in(LOOK_SECONDS)
                return
            self._last = now
            self._entering[self._accepted(*self._next())] = now
        if self._at_door:
            self._look_again_in(ENTRY_SECONDS)

    def _next(self) -> tuple[socket.socket, Any]:
        """Take one away from the door: who has asked for something before who has not."""
        for _ in range(min(LOOKED_AT, len(self._at_door) - 1)):
            if _has_asked(self._at_door[0][0]):
                break
            self._at_door.rotate(-1)
        return self._at_door.popleft()

    def _look_again_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._let_in)

    def _has_place(self, now: float) -> bool:
        while self._entering:
            first = next(iter(self._entering))
            if self._entering[first] > now - ENTRY_SECONDS:
                break
            del self._entering[first]
        return len(self._entering) < ENTERING_AT_ONCE

    def _rest(self, listening: socket.socket) -> None:
        loop = IOLoop.current()
        loop.remove_handler(listening)
        self._resting[listening] = loop.call_later(PAUSE_SECONDS, self._watch, listening)

    def _pause(self, listening: socket.socket, reason: str) -> None:
        """Let whoever waits wait on; what is missing is there again when somebody leaves."""
        self._rest(listening)
        now = IOLoop.current().time()
        if now >= self._quiet_until:
            self._quiet_until = now + COMPLAINT_SECONDS
            logger.error(
                "cannot let anybody in for now: %s. Allow more open files (ulimit -n, "
                "LimitNOFILE= of systemd) or run another server",
                reason,
            )


def _has_asked(connection: socket.socket) -> bool:
    """Whether a connection has something to be read, its end included."""
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        pass  # it is gone, which whoever reads it finds
    return True
