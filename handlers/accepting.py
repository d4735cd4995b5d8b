"""Accepting connections, and letting them in a few at a time.

Tornado's own way (`tornado.netutil.add_accept_handler`) takes up to 128 in each turn of the
loop, and what all of these ask for comes before anybody else's next message. Here they are
accepted as they come, since a kernel whose queue is full has them try again after seconds
(measured: 10,000 took 9 to 20 s instead of 5), and wait at the door, where they cost little
but a file, until they have asked for something, and then until those before them have been
answered. (Letting in who had not asked yet, too: they asked all at once, and others' messages
waited for 40 ms behind 170 of a crowd of 10,000.)

And where `accept` fails, Tornado calls it again at once, for as long as somebody waits
(measured, out of open files: 80 % of a core, and 3 MB of log a second); here after a pause.
"""

from __future__ import annotations

import asyncio
import logging
import select
import socket
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import Any, NamedTuple

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
# Who is answered later (a login) holds up nobody any more after so long.
ENTRY_SECONDS = 0.005
# Who has asked for nothing for so long is sent away, as those inside are who do not say what they
# want; where the door is full, after less, so that a flood of those who never speak keeps nobody
# out for long.
SILENT_SECONDS = 10.0
SILENT_SECONDS_IF_FULL = 3.0
SWEEP_SECONDS = 1.0
# So many of those who begin to speak are heard in a turn of the loop, a fraction of a millisecond.
HEARD_AT_ONCE = 64
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


class _Waiting(NamedTuple):
    """A connection at the door, the address of the other side, and since when it waits."""

    socket: socket.socket
    address: Any
    since: float


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
        # By their files, those who came first first. The loop does not watch them: it would tell
        # of thousands who speak at once in a single turn. Only Linux has what tells of a few;
        # elsewhere whoever comes is taken to have asked.
        self._silent: dict[int, _Waiting] = {}
        self._watch = select.epoll() if hasattr(select, "epoll") else None
        self._sweep: asyncio.TimerHandle | None = None
        self._asking: deque[_Waiting] = deque()
        self._entering: dict[Hashable, float] = {}
        self._is_next_due = False
        self._timer: asyncio.TimerHandle | None = None

    def add(self, sockets: Iterable[socket.socket]) -> None:
        """Begin to accept on sockets that listen already."""
        if self._watch is not None and not self._sockets:
            IOLoop.current().add_handler(self._watch.fileno(), self._hear, IOLoop.READ)
        for listening in sockets:
            self._sockets.append(listening)
            self._resume(listening)

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
        for waiting in [*self._silent.values(), *self._asking]:
            waiting.socket.close()
        self._silent.clear()
        self._asking.clear()
        if self._sweep is not None:
            self._sweep.cancel()
        if self._watch is not None and not self._watch.closed:
            loop.remove_handler(self._watch.fileno())
            self._watch.close()

    def entered(self, who: Hashable) -> None:
        """Let the next in: what was let in has been answered, or has gone. No-op the second
        time."""
        if self._entering.pop(who, None) is not None and self._asking and not self._is_next_due:
            # Not at once: the others come first.
            self._is_next_due = True
            asyncio.get_running_loop().call_soon(self._let_in)

    def _resume(self, listening: socket.socket) -> None:
        self._resting.pop(listening, None)
        IOLoop.current().add_handler(listening, self._accept, IOLoop.READ)

    def _accept(self, listening: socket.socket, _: int) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            is_full = len(self._silent) + len(self._asking) > self._most_at_door
            if is_full and not self._send_oldest_away(SILENT_SECONDS_IF_FULL):
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
            self._wait(connection, address)
        self._let_in()

    def _wait(self, connection: socket.socket, address: Any) -> None:
        loop = asyncio.get_running_loop()
        waiting = _Waiting(connection, address, loop.time())
        if not self._begin_to_watch(connection):
            self._asking.append(waiting)
            return
        self._silent[connection.fileno()] = waiting
        if self._sweep is None:
            self._sweep = loop.call_later(SWEEP_SECONDS, self._end_silence)

    def _begin_to_watch(self, connection: socket.socket) -> bool:
        if self._watch is None:
            return False
        try:
            self._watch.register(connection, select.EPOLLIN)
        except OSError:  # the kernel has no room for more
            return False
        return True

    def _hear(self, *_: object) -> None:
        assert self._watch is not None
        for file, _event in self._watch.poll(0, HEARD_AT_ONCE):
            self._watch.unregister(file)
            self._asking.append(self._silent.pop(file))
        self._let_in()

    def _let_in(self) -> None:
        self._is_next_due = False
        now = asyncio.get_running_loop().time()
        while self._asking and self._has_place(now):
            if now < self._last + GIVE_WAY_SECONDS and self._is_busy():
                self._look_again_in(LOOK_SECONDS)
                return
            self._last = now
            first = self._asking.popleft()
            self._entering[self._accepted(first.socket, first.address)] = now
        if self._asking:
            self._look_again_in(ENTRY_SECONDS)

    def _send_oldest_away(self, seconds: float) -> bool:
        """Close the connection that has been silent for longest, if for so long; return whether
        it was."""
        if self._watch is None or not self._silent:
            return False
        file, oldest = next(iter(self._silent.items()))
        if oldest.since > asyncio.get_running_loop().time() - seconds or _has_asked(oldest.socket):
            return False
        self._watch.unregister(file)
        del self._silent[file]
        oldest.socket.close()
        return True

    def _end_silence(self) -> None:
        while self._send_oldest_away(SILENT_SECONDS):
            pass
        self._sweep = None
        if self._silent:
            self._sweep = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._end_silence)

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
        self._resting[listening] = loop.call_later(PAUSE_SECONDS, self._resume, listening)

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
