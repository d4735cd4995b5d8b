"""Several server processes on one port, under a parent that only looks after them.

The parent listens and never accepts: each worker gets listening sockets of its own
(``SO_REUSEPORT``, so the kernel spreads connections evenly), which the parent keeps open, so
that whoever connects while a worker is being restarted waits instead of being refused.

A signal to the parent is passed on; signals to the whole group reach the workers twice,
which `chat.server` takes for one. A worker that dies is replaced, and one that cannot even
start ends the others, too.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType

logger = logging.getLogger("parley.workers")

READY = b"\x01"
USAGE = 2
# A worker that keeps dying must not keep the machine busy with starting.
MIN_LIFE_SECONDS = 1.0

Work = Callable[[int, list[socket.socket], Callable[[], None]], int]


class Workers:
    """Forks workers and waits for them; `run` is the parent's whole life."""

    def __init__(
        self, sockets: list[list[socket.socket]], work: Work, on_ready: Callable[[], None]
    ) -> None:
        """Prepare a worker for each list of listening sockets.

        Args:
            work: serves in a child until it is told to stop; gets its index, its sockets and
                a function to call when it is ready; returns the exit status.
            on_ready: called in the parent once all workers are ready.
        """
        self._sockets = sockets
        self._work = work
        self._on_ready = on_ready
        self._children: dict[int, tuple[int, float]] = {}
        self._is_stopping = False
        self._status = 0
        self._ready_read, self._ready_write = os.pipe()

    def run(self) -> int:
        """Serve until told to stop; return the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._pass_on)
        for index in range(len(self._sockets)):
            self._start(index)
        self._await_ready()
        while self._children:
            self._await_child()
        return self._status

    def _start(self, index: int) -> None:
        pid = os.fork()
        if pid:
            self._children[pid] = (index, time.monotonic())
            return
        # The child: never returns into the parent's code.
        status = 1
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            os.close(self._ready_read)
            for other, sockets in enumerate(self._sockets):
                if other != index:
                    for listening in sockets:
                        listening.close()
            status = self._work(
                index, self._sockets[index], lambda: _ignore(os.write(self._ready_write, READY))
            )
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except BaseException:
            logger.exception("worker %d", index)
        finally:
            logging.shutdown()
            os._exit(status)

    def _await_ready(self) -> None:
        missing = len(self._sockets)
        while missing and self._children and not self._is_stopping:
            readable, _, _ = select.select([self._ready_read], [], [], 0.2)
            if readable:
                missing -= len(os.read(self._ready_read, missing))
            else:
                self._await_child(os.WNOHANG)
        if not missing:
            self._on_ready()

    def _await_child(self, options: int = 0) -> None:
        try:
            pid, wait_status = os.waitpid(-1, options)
        except InterruptedError:
            return
        except ChildProcessError:
            self._children.clear()
            return
        if pid not in self._children:
            return
        index, started_at = self._children.pop(pid)
        status = os.waitstatus_to_exitcode(wait_status)
        if self._is_stopping:
            self._status = self._status or max(0, status)
        elif status == USAGE:
            self._status = USAGE
            self._pass_on(signal.SIGTERM, None)
        else:
            logger.error(
                "worker %d (process %d) ended with %d; starting another", index, pid, status
            )
            life = time.monotonic() - started_at
            if life < MIN_LIFE_SECONDS:
                select.select([], [], [], MIN_LIFE_SECONDS - life)
            if not self._is_stopping:
                self._start(index)

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        self._is_stopping = True
        for pid in list(self._children):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue


def _ignore(_: object) -> None:
    """Drop a result."""
