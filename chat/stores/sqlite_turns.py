"""Turns at writing, among the processes of a machine that share a SQLite file.

SQLite's own lock goes to whoever happens to ask in the right moment, and who does not get
it sleeps for up to 100 ms before asking again: of two busy processes one could wait for
seconds (measured: five, which is its limit, and so a refusal). Two locks make a queue: who
waits for the lock on writing holds the one on being next, so who has just written cannot
be the next again.

It is a courtesy: after `PATIENCE_SECONDS` (the other process is frozen, say) a process goes
on without, and SQLite's lock decides.
"""

from __future__ import annotations

import os
import sys
import time

if sys.platform != "win32":
    import fcntl

# Bytes of the lock file that stand for the two locks.
NEXT = 0
WRITING = 1

PATIENCE_SECONDS = 2.0

# A commit takes some milliseconds; asking takes two microseconds.
INTERVAL_SECONDS = 0.0003


class Turns:
    """A context manager: inside, it is this process's turn. For one thread."""

    def __init__(self, path: str) -> None:
        """Remember where the locks are; the file is made when they are first asked for."""
        self._path = path
        self._file = -1
        self._held: list[int] = []

    def __enter__(self) -> None:
        """Wait for our turn, or until patience ends."""
        if sys.platform == "win32":
            return
        try:
            if self._file < 0:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            deadline = time.monotonic() + PATIENCE_SECONDS
            for lock in (NEXT, WRITING):
                self._acquire(lock, deadline)
            self._release(NEXT)
        except OSError:
            return  # SQLite's own lock is the one that counts.

    def __exit__(self, *_: object) -> None:
        """Let the next one write."""
        for lock in list(self._held):
            self._release(lock)

    def close(self) -> None:
        """Close the file; it stays, since others may be using it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _acquire(self, lock: int, deadline: float) -> None:
        while time.monotonic() < deadline:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, lock)
            except BlockingIOError:
                time.sleep(INTERVAL_SECONDS)
            else:
                self._held.append(lock)
                return

    def _release(self, lock: int) -> None:
        if lock in self._held:
            self._held.remove(lock)
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, lock)
