"""Moving the write-ahead log to the file, while writing goes on.

To move the log is to write each page that changed to its place, and to wait for the disk: some
hundred scattered pages, several milliseconds in which nobody's message is stored. So a thread
of its own moves most of it, in small portions, beside the writer. It never gets to the end,
since more is always being written; once the log is long, a commit of the writer moves what is
left, little more than a portion, and the next begins the log anew. (Measured in one server that
changed between both ways each second, at half of saturation: p99 0.6 times as long as where the
commits moved all of it, p50 1.2 to 1.4 times.)

The trap: in SQLite before 3.51.3 a checkpoint that starts on a log of which everything is moved,
just when a commit begins it anew, loses pages (https://sqlite.org/wal.html#walresetbug). So only
one of the two moves at a time, and neither starts unless something was committed since: the
thread asks for that, a commit has just done it. Nobody else moves anything: where other servers
write, too, the commits of each move the log, within its turn (`chat.stores.sqlite_turns`), and
there is no such thread; other programs of Parley do not while a server runs.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from chat.stores.sqlite_schema import CHECKPOINT_PAGES, connect, move_log_with_commits

# Rows to change until the thread moves a portion. Fewer, and it writes the same pages more
# often; more, and a commit waits longer for the disk that writes them. (A message changes five.
# Measured at half of saturation, p99: 0.6 times as long with 800 as without this thread, 0.7
# with 1,600, 0.8 with 3,200.)
PORTION = 800

# What other programs have written, or a server that died young, is moved after so long at most.
INTERVAL_SECONDS = 60.0


class Checkpoints:
    """The thread that moves the log of a file in which one connection writes."""

    def __init__(self, path: str, complain: Callable[[str, Exception], None]) -> None:
        """Start, with what is in the log already.

        Args:
            complain: logs what was being done and why it failed; called in the thread.
        """
        self._path = path
        self._complain = complain
        self._asked: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._mover: Literal["thread", "writer"] | None = "thread"
        self._pages = 0  # that the log had when the thread was done
        self._changes: int | None = None  # of the writer's connection when it was done
        self._asked.put(True)
        self._thread = threading.Thread(target=self._main, name="sqlite-checkpoints", daemon=True)
        self._thread.start()

    def committed(self, db: sqlite3.Connection) -> None:
        """Have the log moved if it is time; to be called by the writer after each commit."""
        changes = db.total_changes
        with self._lock:
            if self._mover == "thread":
                return
            if self._mover == "writer":
                move_log_with_commits(db, 0)
                self._mover = self._changes = None
            if self._changes is None or changes < self._changes:  # < on another connection
                self._changes = changes
            if self._pages >= CHECKPOINT_PAGES:
                self._pages = 0
                self._mover = "writer"
                move_log_with_commits(db, 1)
            elif changes - self._changes >= PORTION:
                self._mover = "thread"
                self._asked.put(True)

    def close(self) -> None:
        """End the thread; blocks until it has."""
        self._asked.put(False)
        self._thread.join()

    def _main(self) -> None:
        db: sqlite3.Connection | None = None
        moved: int | None = None
        while self._wait():
            # If this fails, the writer moves everything.
            pages = CHECKPOINT_PAGES
            try:
                if db is None:
                    db = connect(self._path)
                    moved = None
                if _version(db) == moved:
                    pages = 0
                else:
                    pages = _move(db)
                    moved = _version(db)
            except Exception as exc:  # noqa: BLE001 - whatever it is, the writer goes on alone
                self._complain("Moving the log to", exc)
                if db is not None:
                    with suppress(sqlite3.Error):
                        db.close()
                    db = None
            with self._lock:
                self._pages, self._changes, self._mover = pages, None, None
        if db is not None:
            db.close()

    def _wait(self) -> bool:
        """Wait until it is this thread that moves; return False once there is nothing to do."""
        while True:
            try:
                return self._asked.get(timeout=INTERVAL_SECONDS)
            except queue.Empty:
                with self._lock:
                    if self._mover is None:
                        self._mover = "thread"
                        return True


def _move(db: sqlite3.Connection) -> int:
    """Move what can be moved without waiting for anybody; return the pages in the log."""
    _, pages, _ = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages)


def _version(db: sqlite3.Connection) -> int:
    """Return a number that other connections' commits change."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])
