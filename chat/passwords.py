"""Passwords: which are refused, and their bcrypt hashes, computed off the event loop.

bcrypt reads 72 bytes and bcrypt 5 refuses more, so what it is given is
base64(HMAC-SHA-256(key="parley/password/v1", password)): every character counts. The key
keeps these digests apart from any leaked list of plain SHA-256 digests ("password
shucking"); base64 keeps NUL bytes out, at which bcrypt would stop.

Hashing releases the GIL but not the core, so a small pool of threads does it that step back
for everything else (see `_step_back`), and who finds too many waiting, or has waited for too
long, is told to come back.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import os
import string
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, partial
from typing import TypeVar

import bcrypt

from chat import resources
from chat.errors import Invalid, Unavailable

MIN_CHARACTERS = 8
MAX_CHARACTERS = 256  # bounds the work before the hash; NIST SP 800-63B asks for at least 64
# Of strangers, and of those who are known: a flood of guesses keeps nobody out who has been
# here before. At 268 ms a hash (cost 12), who comes later would wait over 5 s.
MAX_WAITING = 20
MAX_WAIT_SECONDS = 5.0  # where the core is busy with messages, far fewer are hashed in that time
RETRY_AFTER_SECONDS = 5
STOPPING_RETRY_AFTER_SECONDS = 1
# The loop's thread goes first, with the database's. At 19 a server that talks all the time
# would give a hash 1 % of its core, and nobody could sign in; here it is 10 %. The kernel's
# own threads compete with the process as a whole: on a core that hashes, a commit waits 4 to
# 7 ms for the one that flushes the disk, at any niceness (Linux 6.18, seen with perf sched).
NICENESS = 10

T = TypeVar("T")


def check_password(password: str, username: str) -> None:
    """Refuse a password that an attacker tries first (NIST SP 800-63B section 3.1.1.2).

    Raises:
        Invalid: too short, too long, the username, or one of the commonest: the name of this
            program among them, with a year or the like behind it (OWASP ASVS 5.0, 6.2.11).
    """
    if len(password) < MIN_CHARACTERS:
        raise Invalid(f"A password needs at least {MIN_CHARACTERS} characters.", field="password")
    if len(password) > MAX_CHARACTERS:
        raise Invalid(f"A password has at most {MAX_CHARACTERS} characters.", field="password")
    if password.casefold() == username.casefold():
        raise Invalid("The password must not be the username.", field="password")
    folded = password.casefold()
    is_our_name = folded.rstrip(string.digits + string.punctuation) == "parley"
    if is_our_name or folded in _common_passwords():
        raise Invalid(
            "This is one of the passwords that are guessed first. Choose another.",
            field="password",
        )


@cache
def _common_passwords() -> frozenset[str]:
    text = resources.data("common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def cost_of(password_hash: str) -> int:
    """Return the cost in a bcrypt hash (``$2b$12$…``)."""
    return int(password_hash.split("$")[2])


class Hasher:
    """Makes and checks password hashes in a few threads, for those first who are known."""

    def __init__(self, rounds: int) -> None:
        """New hashes get the cost `rounds`, 4 to 16."""
        self.rounds = rounds
        self._floor = rounds
        self._idle = max(1, _cores() - 1)
        self._pool = ThreadPoolExecutor(
            self._idle, thread_name_prefix="parley-bcrypt", initializer=_step_back
        )
        self._known: deque[asyncio.Future[None]] = deque()
        self._strangers: deque[asyncio.Future[None]] = deque()
        self._is_closed = False

    def expect_cost(self, cost: int) -> None:
        """Make a failure take as long as it does for a stored hash of this cost, at least."""
        self._floor = max(self._floor, cost)

    async def hash(self, password: str, *, is_known: bool = False) -> str:
        """Return a new hash.

        Args:
            is_known: whether it is for somebody who has been here before, by whatever proof.

        Raises:
            Unavailable: too many are waiting already.
        """
        return await self._run(partial(_hash, password, self.rounds), is_known=is_known)

    async def verify(
        self, password: str, password_hash: str | None, *, is_known: bool = False
    ) -> bool:
        """Return whether the password fits; False for None, after the same work.

        A failure costs the same for every account, whether it exists or not and whatever
        cost its hash was made with.

        Args:
            is_known: as for `hash`.

        Raises:
            Unavailable: too many are waiting already.
        """
        work = partial(_verify, password, password_hash, self._floor)
        return await self._run(work, is_known=is_known)

    def close(self) -> None:
        """Refuse whoever waits and whoever comes; what is being hashed is finished. No-op the
        second time."""
        self._is_closed = True
        for waiter in (*self._known, *self._strangers):
            if not waiter.done():
                waiter.set_exception(_stopping())
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T], *, is_known: bool) -> T:
        if self._is_closed:
            raise _stopping()
        if self._idle:
            self._idle -= 1
        else:
            await self._wait(self._known if is_known else self._strangers)
            if self._is_closed:  # in the same moment
                raise _stopping()
        future = self._pool.submit(work)
        # Given back when the work is over, not when the caller is: one who hangs up leaves a
        # hash behind that still takes its time.
        future.add_done_callback(self._give_back_threadsafe(asyncio.get_running_loop()))
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if future.cancelled() and not _is_cancelled():
                raise _stopping() from None
            raise

    async def _wait(self, queue: deque[asyncio.Future[None]]) -> None:
        """Return when a thread is there for the caller."""
        if len(queue) >= MAX_WAITING:
            raise _busy()
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(waiter)
        try:
            async with asyncio.timeout(MAX_WAIT_SECONDS):
                await waiter
        except BaseException as error:
            if waiter in queue:
                queue.remove(waiter)
            elif not (self._is_closed or waiter.cancelled()):
                self._give_back()  # it had come in the same moment
            if isinstance(error, TimeoutError):
                raise _busy() from None
            raise

    def _give_back_threadsafe(self, loop: asyncio.AbstractEventLoop) -> Callable[[object], None]:
        def done(_: object) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._give_back)

        return done

    def _give_back(self) -> None:
        """Hand a thread to who is next."""
        for queue in (self._known, self._strangers):
            while queue:
                waiter = queue.popleft()
                if not waiter.done():
                    waiter.set_result(None)
                    return
        self._idle += 1


def _is_cancelled() -> bool:
    """Whether this task is being cancelled (and not only what it waits for)."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _busy() -> Unavailable:
    return Unavailable(
        "Too many people are signing in right now. Try again.", retry_after=RETRY_AFTER_SECONDS
    )


def _stopping() -> Unavailable:
    return Unavailable(
        "The server is restarting. Try again.", retry_after=STOPPING_RETRY_AFTER_SECONDS
    )


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _step_back() -> None:
    """Let this thread run where nothing else wants the core."""
    if sys.platform == "linux":  # where a thread has a priority of its own
        thread = threading.get_native_id()
        with suppress(OSError):
            niceness = max(NICENESS, os.getpriority(os.PRIO_PROCESS, thread))
            os.setpriority(os.PRIO_PROCESS, thread, niceness)


def _digest(password: str) -> bytes:
    data = password.encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.digest(b"parley/password/v1", data, "sha256"))


def _hash(password: str, rounds: int) -> str:
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(rounds)).decode("ascii")


@cache
def _dummy_hash(cost: int) -> str:
    # A hash that nothing fits, of the right form; making one would cost a hash.
    return f"$2b${cost:02d}$" + "." * 53


def _verify(password: str, password_hash: str | None, floor: int) -> bool:
    digest = _digest(password)
    if password_hash is None:
        bcrypt.checkpw(digest, _dummy_hash(floor).encode())
        return False
    if bcrypt.checkpw(digest, password_hash.encode()):
        return True
    # 2^c + (2^c + 2^(c+1) + … + 2^(floor-1)) = 2^floor: the work of an unknown name.
    for cost in range(cost_of(password_hash), floor):
        bcrypt.checkpw(digest, _dummy_hash(cost).encode())
    return False
