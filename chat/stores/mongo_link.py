"""Whether MongoDB is there, and what to do while it is not.

An error from the driver mostly says that the outcome is *unknown*: with a frozen primary
every write in flight that ended in a time-out had been stored (measured). So everything
that is run here may be run again with the same keys, and is, until its outcome is known
or patience ends.

While the server is away one task alone tries to reach it; what is asked meanwhile waits
for that task, and costs no thread. Once patience has passed since it was last seen,
everything is refused at once: callers get their answer in time, however many wait.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from pymongo.errors import (
    ConnectionFailure,
    DuplicateKeyError,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)

from chat.errors import StoreError, Unavailable

logger = logging.getLogger("parley.stores.mongo")

T = TypeVar("T")

# Between two tries, at random so that many processes do not try in step.
PAUSE_SECONDS = (0.05, 0.3)

# How long a start waits for the server: it may have been started at the same moment.
OPEN_SECONDS = 5.0

# Errors of a server that is busy with something else, changes its role or goes down
# (https://github.com/mongodb/mongo/blob/r6.0.5/src/mongo/base/error_codes.yml).
PASSING = {
    6,  # HostUnreachable
    7,  # HostNotFound
    43,  # CursorNotFound
    50,  # MaxTimeMSExpired
    64,  # WriteConcernFailed
    89,  # NetworkTimeout
    91,  # ShutdownInProgress
    100,  # UnsatisfiableWriteConcern
    112,  # WriteConflict
    133,  # FailedToSatisfyReadPreference
    134,  # ReadConcernMajorityNotAvailableYet
    175,  # QueryPlanKilled
    189,  # PrimarySteppedDown
    202,  # NetworkInterfaceExceededTimeLimit
    237,  # CursorKilled
    246,  # SnapshotUnavailable
    251,  # NoSuchTransaction
    262,  # ExceededTimeLimit
    290,  # TransactionExceededLifetimeLimitSeconds
    9001,  # SocketException
    10107,  # NotWritablePrimary
    11600,  # InterruptedAtShutdown
    11602,  # InterruptedDueToReplStateChange
    13435,  # NotPrimaryNoSecondaryOk
    13436,  # NotPrimaryOrSecondary
}
PASSING_LABELS = ("RetryableWriteError", "TransientTransactionError")

Term = tuple[Any, Any] | None


def is_passing(exc: PyMongoError) -> bool:
    """Return whether the same may succeed later: its outcome is unknown, or it came to
    nothing because of others."""
    if isinstance(exc, ConnectionFailure):
        return True
    if any(exc.has_error_label(label) for label in PASSING_LABELS):
        return True
    if not isinstance(exc, OperationFailure):
        return False
    # A bulk write tells of both kinds of errors, and any error makes it a failure.
    details = exc.details or {}
    if isinstance(exc, WriteConcernError) or details.get("writeConcernErrors"):
        return True
    refusals = [error.get("code") for error in details.get("writeErrors", ())]
    return PASSING.issuperset(refusals) if refusals else exc.code in PASSING


class Link:
    """The connection to a server that comes and goes."""

    def __init__(
        self,
        reach: Callable[[], Awaitable[None]],
        fence: Callable[[], Awaitable[None]],
        term: Callable[[], Term],
    ) -> None:
        """Begin as lost; `open` begins to reach out.

        Args:
            reach: returns once the server is there and ready.
            fence: a write that a majority must hold.
            term: who is primary, and since which election; None if that does not matter.
        """
        self._reach = reach
        self._fence = fence
        self._term = term
        self._fenced: Term = None
        self._here = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._lost_at = self._loop.time()
        self._task: asyncio.Task[None] | None = None
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_closed = False
        self._complained = ""

    async def open(self) -> None:
        """Reach the server, or leave that to the background if it is away.

        Raises:
            StoreError: it is there, and can never work as it stands.
        """
        deadline = self._loop.time() + OPEN_SECONDS
        while not self._here.is_set():
            try:
                await self._arrive()
            except PyMongoError as exc:
                self._complain(exc)
                if self._loop.time() > deadline:
                    # It was never there: nothing is to be waited for.
                    self._lost_at = float("-inf")
                    self._begin_reaching()
                    return
                await pause()

    async def close(self) -> None:
        """Refuse what comes from now on; return once what is under way has ended."""
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            # Nobody brings it back: who waits for it need not.
            self._lost_at = float("-inf")
            self._here.set()
        await self._idle.wait()

    @asynccontextmanager
    async def patience(self, seconds: float) -> AsyncIterator[None]:
        """Give what is done within so much time.

        Raises:
            Unavailable: that has passed, or the link is closed.
        """
        if self._is_closed:
            raise Unavailable
        self._running += 1
        self._idle.clear()
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as exc:
            raise Unavailable from exc
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    async def settle(
        self, call: Callable[[], Awaitable[T]], seconds: float, *, only_reads: bool = False
    ) -> T:
        """Return what `call` returns, calling it until its outcome is known.

        To be used with patience. A new primary may for a moment not yet know all that was
        acknowledged by the one before: what only reads is read again after a fence.

        Raises:
            Unavailable: nothing was seen of the server for so many seconds, or it refuses.
            DuplicateKeyError: a unique index is in the way.
        """
        while True:
            await self._until_here(seconds)
            try:
                result = await call()
                if only_reads and self._term() != self._fenced:
                    await self._build_fence()
                    continue
                return result
            except DuplicateKeyError:
                raise  # Known indeed.
            except PyMongoError as exc:
                if self._is_closed and isinstance(exc, InvalidOperation | ConnectionFailure):
                    raise Unavailable from exc
                if not exc.has_error_label("TransientTransactionError"):  # Everyday conflicts.
                    self._complain(exc)
                if not is_passing(exc):
                    raise Unavailable from exc
                if isinstance(exc, ConnectionFailure):
                    self._lose()
                    continue
            await pause()

    async def once(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what `call` returns, trying it only once. To be used with patience.

        Raises:
            Unavailable: the server is away, or it failed.
        """
        if not self._here.is_set():
            raise Unavailable
        try:
            return await call()
        except PyMongoError as exc:
            self._complain(exc)
            if isinstance(exc, ConnectionFailure):
                self._lose()
            raise Unavailable from exc

    async def _until_here(self, seconds: float) -> None:
        if self._here.is_set():
            return
        try:
            async with asyncio.timeout_at(self._lost_at + seconds):
                await self._here.wait()
        except TimeoutError as exc:
            raise Unavailable from exc
        if self._is_closed:
            raise Unavailable

    def _lose(self) -> None:
        if self._here.is_set() and not self._is_closed:
            self._here.clear()
            self._lost_at = self._loop.time()
            self._begin_reaching()

    def _begin_reaching(self) -> None:
        self._task = self._loop.create_task(self._keep_reaching())

    async def _keep_reaching(self) -> None:
        while True:
            try:
                await self._arrive()
            except (PyMongoError, StoreError) as exc:
                self._complain(exc)
            except Exception:
                logger.exception("reaching MongoDB")
            else:
                logger.info("MongoDB is there")
                return
            await pause()

    async def _arrive(self) -> None:
        await self._reach()
        await self._build_fence()
        self._complained = ""
        self._here.set()

    async def _build_fence(self) -> None:
        """Make sure that the primary knows what was acknowledged before now."""
        term = self._term()
        if term is not None:
            await self._fence()
        self._fenced = term

    def _complain(self, exc: Exception) -> None:
        """Log an error, but not one that is like the last."""
        complaint = str(exc) if isinstance(exc, StoreError) else type(exc).__name__
        if complaint != self._complained:
            self._complained = complaint
            if isinstance(exc, StoreError):
                logger.error("%s", exc)
            else:
                logger.warning("MongoDB: %s: %s", type(exc).__name__, _brief(exc))


async def pause() -> None:
    """Wait a moment before the next try."""
    await asyncio.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311 (no secret)


def _brief(exc: Exception) -> str:
    """Return what the driver says in one line, without its lists of servers."""
    return str(exc).partition(", full error:")[0].partition(", Topology Description:")[0][:300]
