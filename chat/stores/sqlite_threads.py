"""The threads in which SQLite works, so that the event loop never waits for a disk.

One thread writes. It takes all the jobs that wait and runs them in one transaction, so
that they share one wait for the disk; their callers hear of the commit together. A few
other threads read, each with a connection of its own, and go on while writing fails.

A job is a function of a connection. It must be written as a few statements over whole
sets rather than one statement a row: each step of a statement gives up Python's global
lock, and while the event loop is busy each return of it costs up to
``sys.getswitchinterval()``. (Measured against a saturated loop: 50 rows by ``executemany``
took 1,300 ms, in one statement 70 ms.)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from chat.errors import Internal, ParleyError, StoreError, Unavailable
from chat.stores.sqlite_checkpoints import Checkpoints
from chat.stores.sqlite_schema import (
    CHECKPOINT_PAGES,
    connect,
    move_log_with_commits,
    reopen_file,
)
from chat.stores.sqlite_turns import Turns

log = logging.getLogger("parley.stores.sqlite")

P = ParamSpec("P")
T = TypeVar("T")

# Calls that may wait. Far more than a healthy disk ever lets gather; a stuck one makes the
# callers hear `Unavailable` rather than the process grow.
MAX_WAITING = 10_000

# Jobs in one transaction; more would only make the first of them wait longer.
MAX_TOGETHER = 1_000

READERS = 2

LOG_SECONDS = 60.0

# Errors after which the connection is as good as before.
PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}

# Errors that are a fault of the one job: a bug. All others concern the whole file.
FAULTS = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.NotSupportedError,
)


class Job:
    """A function to be run on a connection, and what became of it."""

    __slots__ = ("error", "function", "future", "result")

    def __init__(
        self, function: Callable[[sqlite3.Connection], Any], future: asyncio.Future[Any]
    ) -> None:
        self.function = function
        self.future = future
        self.result: Any = None
        self.error: Exception | None = None

    def run(self, db: sqlite3.Connection) -> None:
        """Run it and keep the result or the error.

        Raises:
            sqlite3.Error: the connection or the file is at fault, not this job.
        """
        self.result = self.error = None
        try:
            self.result = self.function(db)
        except FAULTS as exc:
            self.error = Internal()
            self.error.__cause__ = exc
        except sqlite3.Error:
            raise
        except Exception as exc:  # noqa: BLE001 - it is handed to whoever asked for the job
            self.error = exc

    def refuse(self, cause: Exception) -> None:
        """Answer that the outcome is not known."""
        self.result = None
        self.error = Unavailable()
        self.error.__cause__ = cause


class Threads(ABC):
    """Threads that work off a common queue of jobs."""

    def __init__(self, path: str, count: int) -> None:
        """Start; to be called in the event loop whose tasks are going to call `run`."""
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._waiting = 0
        self._closed = False
        self._complaints: dict[str, float] = {}
        self._threads = [
            threading.Thread(target=self._main, name=f"{self.name}-{index}", daemon=True)
            for index in range(count)
        ]
        for thread in self._threads:
            thread.start()

    name = "sqlite"

    async def run(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return ``function(connection, *args, **kwargs)``, run in one of the threads.

        Raises:
            Unavailable: the outcome is not known, or too many calls are waiting.
        """
        if self._closed or self._waiting >= MAX_WAITING:
            raise Unavailable
        self._waiting += 1
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(Job(lambda db: function(db, *args, **kwargs), future))
        return await future

    async def close(self) -> None:
        """Finish all waiting jobs, then end the threads."""
        if not self._closed:
            self._closed = True
            for _ in self._threads:
                self._queue.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    @abstractmethod
    def _main(self) -> None:
        """Work off the queue until None comes: what a thread does."""

    def _answer(self, jobs: list[Job]) -> None:
        """Tell the callers what became of their jobs, all at once."""
        with contextlib.suppress(RuntimeError):  # The loop is closed: nobody waits any more.
            self._loop.call_soon_threadsafe(self._settle, jobs)

    def _settle(self, jobs: list[Job]) -> None:
        self._waiting -= len(jobs)
        for job in jobs:
            if job.future.done():  # Its caller was cancelled.
                continue
            if job.error is None:
                job.future.set_result(job.result)
            else:
                job.future.set_exception(job.error)

    def _complain(self, doing: str, exc: Exception) -> None:
        """Log a fault, each kind at most once a minute."""
        kind = f"{doing} {getattr(exc, 'sqlite_errorname', type(exc).__name__)}"
        now = time.monotonic()
        if now >= self._complaints.get(kind, now):
            self._complaints[kind] = now + LOG_SECONDS
            log.error("%s %s failed: %s", doing, self._path, exc)


class Writer(Threads):
    """The thread that writes: all that waits goes into one transaction."""

    name = "sqlite-writer"

    def __init__(self, path: str, db: sqlite3.Connection) -> None:
        """Take over the connection `db`."""
        self._db: sqlite3.Connection | None = db
        self._turns: Turns | None = None
        self._checkpoints: Checkpoints | None = None
        super().__init__(path, 1)

    def start_alone(self) -> None:
        """Move the log to the file, too; to be called where no other server does so."""
        self._checkpoints = Checkpoints(self._path, self._complain)

    async def take_turns(self, turns: Turns) -> None:
        """Write, and move the log, in turns with other servers."""
        self._turns = turns
        if self._db is not None:  # not as a job, which would wait for the lock
            await asyncio.to_thread(move_log_with_commits, self._db, CHECKPOINT_PAGES)

    async def close(self) -> None:
        """Finish all waiting jobs, then end the thread and close the connection."""
        await super().close()
        if self._checkpoints is not None:
            await asyncio.to_thread(self._checkpoints.close)
            self._checkpoints = None
        if self._db is not None:
            # The last of all processes to do so moves the log to the file. No PRAGMA
            # optimize: every plan is fixed, and statistics could only change them.
            await asyncio.to_thread(self._db.close)
            self._db = None
        if self._turns is not None:
            self._turns.close()

    def _main(self) -> None:
        while (job := self._queue.get()) is not None:
            jobs: list[Job] = [job]
            ends = False
            while len(jobs) < MAX_TOGETHER and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    ends = True
                    break
                jobs.append(following)
            self._work(jobs)
            self._answer(jobs)
            if ends:
                return
            if self._checkpoints is not None and self._db is not None:
                try:
                    self._checkpoints.committed(self._db)
                except sqlite3.Error as exc:
                    self._complain("Moving the log to", exc)

    def _work(self, jobs: list[Job]) -> None:
        """Run the jobs and commit, or let them all know that the outcome is not known."""
        try:
            if self._db is None:
                self._db = reopen_file(self._path)
                if self._turns is not None:
                    move_log_with_commits(self._db, CHECKPOINT_PAGES)
            with self._turns or contextlib.nullcontext():
                self._commit(self._db, jobs)
        except (sqlite3.Error, StoreError) as exc:
            for job in jobs:
                job.refuse(exc)
            self._complain("Writing to", exc)
            self._recover(exc)

    def _commit(self, db: sqlite3.Connection, jobs: list[Job]) -> None:
        """Run the jobs in one transaction.

        There is no savepoint for each, which would have SQLite copy every page that it
        changes: if a job fails after it has written, all of the transaction is taken back
        and the other jobs are run once more.
        """
        going = jobs
        while going:
            db.execute("BEGIN IMMEDIATE")
            failed = self._first_half_done(db, going)
            if failed is None:
                db.execute("COMMIT")
                return
            db.execute("ROLLBACK")
            going = [job for job in going if job is not failed]

    def _first_half_done(self, db: sqlite3.Connection, jobs: list[Job]) -> Job | None:
        """Run the jobs up to the first that fails after it has written; return that one."""
        for job in jobs:
            before = db.total_changes
            job.run(db)
            if job.error is not None:
                if not isinstance(job.error, ParleyError):
                    self._complain("A job on", job.error)
                if db.total_changes != before:
                    return job
        return None

    def _recover(self, exc: Exception) -> None:
        """Make ready for the next transaction after a failed one."""
        db = self._db
        if db is None:
            return
        try:
            if db.in_transaction:
                db.execute("ROLLBACK")
            if getattr(exc, "sqlite_errorcode", 0) & 0xFF in PASSING:
                return
        except sqlite3.Error as again:
            self._complain("Rolling back", again)
        self._db = None
        try:
            db.close()
        except sqlite3.Error as again:
            self._complain("Closing", again)


class Readers(Threads):
    """Threads that read, each with its own connection."""

    name = "sqlite-reader"

    def __init__(self, path: str) -> None:
        super().__init__(path, READERS)

    def _main(self) -> None:
        db: sqlite3.Connection | None = None
        while (job := self._queue.get()) is not None:
            try:
                if db is None:
                    db = connect(self._path, read_only=True)
                job.run(db)
            except sqlite3.Error as exc:
                job.refuse(exc)
                self._complain("Reading from", exc)
                if db is not None:
                    db.close()
                    db = None
            self._answer([job])
        if db is not None:
            db.close()
