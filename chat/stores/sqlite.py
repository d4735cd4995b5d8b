"""The default store: one SQLite file, written by one thread in group commits.

The file may be shared by several processes of one machine (a server's workers, ``parley
user``): what others may change is remembered from one transaction to the next only where
it is seen that nobody has (`chat.stores.sqlite_growing`), and whoever writes holds SQLite's lock
from its first look at the data on.

What is acknowledged is on the disk: the write-ahead log is synchronised before a commit
returns (``synchronous=FULL``). A copy of a running store is made with SQLite's backup.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from filelock import FileLock, Timeout

from chat.errors import ParleyError, StoreError, Unavailable
from chat.models import (
    Account,
    Added,
    Changed,
    Conversation,
    ConversationId,
    Mark,
    Marks,
    Message,
    NewMessage,
    Page,
    Session,
    SessionId,
    Summary,
    User,
    UserId,
)
from chat.stores import sqlite_accounts as accounts
from chat.stores import sqlite_conversations as conversations
from chat.stores import sqlite_messages as messages
from chat.stores.base import Store
from chat.stores.sqlite_growing import GrowingConversations
from chat.stores.sqlite_schema import open_file
from chat.stores.sqlite_threads import Readers, Writer
from chat.stores.sqlite_turns import Turns

if sys.platform != "win32":
    import fcntl

P = ParamSpec("P")
T = TypeVar("T")


class SQLiteStore(Store):
    """A store in one file of this machine.

    To be used from the event loop in which it was opened. Reading goes on while writing
    fails; both come back by themselves once the cause has gone.
    """

    def __init__(self, path: str) -> None:
        """Remember where the file is; `open` makes it, readable for its owner only."""
        self._path = path
        self._writer: Writer | None = None
        self._readers: Readers | None = None
        self._growing = GrowingConversations()
        self._ends = -1
        self._lock: FileLock | None = None
        self._sharing = -1

    # Life

    async def open(self) -> None:
        db = await asyncio.to_thread(open_file, self._path)
        self._writer = Writer(self._path, db)
        self._readers = Readers(self._path)

    async def claim(self) -> None:
        self._keep(alone=True)
        lock = FileLock(f"{self._path}.lock", mode=0o600, thread_local=False)
        try:
            await asyncio.to_thread(lock.acquire, blocking=False)
        except Timeout:
            raise self._is_in_use() from None
        except OSError as error:
            raise StoreError(f"cannot lock {self._path}.lock: {error.strerror}") from error
        self._lock = lock
        if self._writer is not None:
            self._writer.start_alone()

    async def share(self) -> None:
        self._keep(alone=False)
        if self._writer is not None:
            await self._writer.take_turns(Turns(f"{self._path}.lock"))

    async def close(self) -> None:
        # The writer last: the last connection that closes puts the file in order, which
        # a read-only one cannot.
        if self._readers is not None:
            await self._readers.close()
        if self._writer is not None:
            await self._writer.close()
        if self._lock is not None:
            self._lock.release()
        if self._sharing >= 0:
            os.close(self._sharing)
            self._sharing = -1

    def _keep(self, *, alone: bool) -> None:
        """Keep those away who share, or who do not.

        A file of its own: on some systems this lock and those for turns exclude each other.
        """
        if sys.platform == "win32":
            return
        path = f"{self._path}.share"
        try:
            self._sharing = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._sharing, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise self._is_in_use() from None
        except OSError as error:
            raise StoreError(f"cannot lock {path}: {error.strerror}") from error

    def _is_in_use(self) -> StoreError:
        return StoreError(
            f"another server uses {self._path}; stop it, or give both a broker that "
            "crosses processes, such as --broker redis://127.0.0.1:6379/0"
        )

    async def ping(self) -> None:
        await self._read(_see_pulse)
        await self._write(_beat)

    async def have_sessions_ended(self) -> bool:
        before, self._ends = self._ends, await self._read(_session_ends)
        return before != self._ends

    # Accounts

    async def add_user(self, account: Account) -> None:
        await self._write(accounts.add_user, account)

    async def account(self, user: UserId) -> Account | None:
        return await self._read(accounts.account, user)

    async def account_named(self, username: str) -> Account | None:
        return await self._read(accounts.account_named, username)

    async def accounts(self, after: str, limit: int) -> list[Account]:
        return await self._read(accounts.accounts, after, limit)

    async def users(self, ids: Collection[UserId]) -> dict[UserId, User]:
        return await self._read(accounts.users, ids)

    async def find_users(self, prefix: str, limit: int, excluding: UserId) -> list[User]:
        return await self._read(accounts.find_users, prefix, limit, excluding)

    async def set_name(self, user: UserId, name: str) -> None:
        await self._write(accounts.set_name, user, name)

    async def set_password(
        self, user: UserId, password_hash: str, keep: SessionId | None
    ) -> list[SessionId]:
        return await self._write(accounts.set_password, user, password_hash, keep)

    async def replace_hash(self, user: UserId, old_hash: str, new_hash: str) -> None:
        await self._write(accounts.replace_hash, user, old_hash, new_hash)

    async def set_disabled(self, user: UserId, disabled: bool) -> list[SessionId]:
        return await self._write(accounts.set_disabled, user, disabled)

    async def highest_password_cost(self) -> int:
        return await self._read(accounts.highest_password_cost)

    async def touch(self, users: Mapping[UserId, int], sessions: Mapping[SessionId, int]) -> None:
        await self._write(accounts.touch, users, sessions)

    # Sessions

    async def add_session(self, session: Session, token_hash: bytes, limit: int) -> list[SessionId]:
        return await self._write(accounts.add_session, session, token_hash, limit)

    async def session(self, token_hash: bytes) -> tuple[Session, User] | None:
        return await self._read(accounts.session, token_hash)

    async def sessions(self, user: UserId) -> list[Session]:
        return await self._read(accounts.sessions, user)

    async def end_sessions(self, user: UserId, ids: Collection[SessionId]) -> list[SessionId]:
        return await self._write(accounts.end_sessions, user, ids)

    async def live_sessions(
        self, ids: Collection[SessionId], created_after: int, used_after: int
    ) -> set[SessionId]:
        return await self._read(accounts.live_sessions, ids, created_after, used_after)

    async def expire_sessions(self, created_before: int, used_before: int) -> int:
        return await self._write(accounts.expire_sessions, created_before, used_before)

    # Attempts

    async def count_attempt(self, keys: Sequence[str], limit: int, window_ms: int, now: int) -> int:
        return await self._write(accounts.count_attempt, keys, limit, window_ms, now)

    async def attempts_wait(self, keys: Sequence[str], limit: int, now: int) -> int:
        return await self._read(accounts.attempts_wait, keys, limit, now)

    async def forget_attempts(self, keys: Sequence[str]) -> None:
        await self._write(accounts.forget_attempts, keys)

    # Conversations

    async def open_direct(
        self, conversation: ConversationId, one: UserId, other: UserId, now: int
    ) -> Conversation:
        # Mostly it is there, and can be opened while nothing can be written.
        found = await self._read(conversations.direct, one, other)
        if found is not None:
            return found
        return await self._write(conversations.open_direct, conversation, one, other, now)

    async def conversation(self, conversation: ConversationId) -> Conversation | None:
        return await self._read(conversations.conversation, conversation)

    async def summary(self, conversation: ConversationId, user: UserId) -> Summary | None:
        return await self._read(conversations.summary, conversation, user)

    async def summaries(self, user: UserId, cursor: str | None, limit: int) -> Page:
        return await self._read(conversations.summaries, user, cursor, limit)

    async def contacts(self, user: UserId) -> set[UserId]:
        return await self._read(conversations.contacts, user)

    # Messages

    async def add_messages(self, batch: Sequence[NewMessage]) -> list[Added | ParleyError]:
        return await self._write(messages.add_messages, batch, self._growing)

    async def messages(self, conversation: ConversationId, first: int, last: int) -> list[Message]:
        return await self._read(messages.messages, conversation, first, last)

    async def changes(self, conversation: ConversationId, after: int, limit: int) -> list[Message]:
        return await self._read(messages.changes, conversation, after, limit)

    async def change_message(
        self,
        conversation: ConversationId,
        seq: int,
        change: Callable[[Message], Message],
    ) -> Changed:
        return await self._write(messages.change_message, conversation, seq, change)

    # Marks

    async def move_marks(self, batch: Sequence[Mark]) -> list[Marks | ParleyError]:
        return await self._write(messages.move_marks, batch)

    async def _write(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        if self._writer is None:
            raise Unavailable
        return await self._writer.run(function, *args, **kwargs)

    async def _read(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        if self._readers is None:
            raise Unavailable
        return await self._readers.run(function, *args, **kwargs)


def _session_ends(db: sqlite3.Connection) -> int:
    """Return how many sessions have ever ended."""
    return int(db.execute("SELECT sessions_ended FROM pulse").fetchone()[0])


def _see_pulse(db: sqlite3.Connection) -> None:
    db.execute("SELECT beats FROM pulse").fetchone()


def _beat(db: sqlite3.Connection) -> None:
    db.execute("UPDATE pulse SET beats = beats + 1")
