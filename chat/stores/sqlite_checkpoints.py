"""Moving the write-ahead log to the file, while writing goes on.

To move the log is to write each page that changed to its place, and to wait for the disk: some
hundred scattered pages, several milliseconds in which nobody's message is stored. So a thread
of its own moves most of it, in small portions, beside the writer. It never gets to the end,
since more is always being written; once the log is long the writer moves the rest, one portion
at most, and its next commit begins the log anew. (Measured in one server that changed between
both ways each second, at half of saturation: p99 5.6 ms instead of 9.5 where the writer moved
all of it, p50 2.2 instead of 1.8.)

The trap: in SQLite before 3.51.3 a checkpoint that starts on a log of which everything is moved,
just when a commit begins it anew, loses pages (https://sqlite.org/wal.html#walresetbug). So only
one of the two moves at a time, the thread starts only when something was committed since all
was moved, and nobody else moves anything: where other servers write, too, each moves the log
within its turn (`chat.stores.sqlite_turns`) and there is no such thread.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable

from chat.stores.sqlite_schema import CHECKPOINT_PAGES, connect

# Rows to change until the thread moves a portion. Fewer, and it writes the same pages more
# often; more, and a commit waits longer for the disk that writes them. (A message changes five;
# 1,600 are some 60 pages. Measured at half of saturation: p50 and p99 2.2 and 5.4 ms with 1,200,
# 2.2 and 5.7 with 2,500, 2.4 and 8.3 with 5,000.)
PORTION = 800


class Checkpoints:
    """The thread that moves the log of a file in which one connection writes."""

    def __init__(self, path: str, complain: Callable[[str, Exception], None]) -> None:
        """Start.

        Args:
            complain: logs what was being done and why it failed; called in the thread.
        """
        self._path = path
        self._complain = complain
        self._asked: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._is_moving = False
        self._pages: int | None = None  # that the log had when the thread was done
        self._changes = 0
        self._thread = threading.Thread(target=self._main, name="sqlite-checkpoints", daemon=True)
        self._thread.start()

    def committed(self, db: sqlite3.Connection) -> None:
        """Have the log moved if it is time; to be called by the writer after each commit.

        Raises:
            sqlite3.Error: the rest of the log could not be moved now.
        """
        if self._is_moving:
            return
        changes = db.total_changes
        if self._pages is not None:
            # What was committed while the thread moved may be moved, too: only what comes from
            # now on is surely in the log.
            pages, self._pages, self._changes = self._pages, None, changes
            if pages >= CHECKPOINT_PAGES:
                _move(db)
        elif changes < self._changes:  # another connection than the last time
            self._changes = 0
        elif changes - self._changes >= PORTION:
            self._is_moving = True
            self._asked.put(True)

    def close(self) -> None:
        """End the thread; blocks until it has."""
        self._asked.put(False)
        self._thread.join()

    def _main(self) -> None:
        db: sqlite3.Connection | None = None
        while self._asked.get():
            pages = 0
            try:
                if db is None:
                    db = connect(self._path)
                pages = _move(db)
            except sqlite3.Error as exc:
                self._complain("Moving the log to", exc)
                if db is not None:
                    db.close()
                    db = None
            self._pages = pages
            self._is_moving = False
        if db is not None:
            db.close()


def _move(db: sqlite3.Connection) -> int:
    """Move what can be moved without waiting for anybody; return the pages in the log."""
    _, pages, _ = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages)
