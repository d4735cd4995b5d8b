"""A store in a MongoDB replica set, shared by any number of processes and machines.

What is acknowledged is held by a majority, in its journals (``w: majority, j: true``);
what is shown has been read by majority from the primary, so that nothing anybody saw is
ever rolled back. `chat.stores.mongo_schema` tells what is kept and how,
`chat.stores.mongo_adding` how messages get their places, and `chat.stores.mongo_link` what
happens while the server is away.

motor is named in this file alone. It hands each command to a thread of its pool.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any, Concatenate, ParamSpec, TypeVar

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern
from pymongo.errors import DuplicateKeyError, PyMongoError, ServerSelectionTimeoutError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference

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
from chat.stores import mongo_accounts as accounts
from chat.stores import mongo_conversations as conversations
from chat.stores import mongo_messages as messages
from chat.stores.base import Store
from chat.stores.mongo_adding import Adding, Locks, Places
from chat.stores.mongo_link import Link, Term, pause
from chat.stores.mongo_schema import Collections, beat, check_url, set_up

logger = logging.getLogger("parley.stores.mongo")

P = ParamSpec("P")
T = TypeVar("T")

# How long a write is repeated until its outcome is known. A client is promised an answer
# within 20 s.
WRITE_SECONDS = 18.0

# How long a read waits for the server: an election by MongoDB's defaults takes up to 12 s,
# but people should sooner see that something is wrong.
READ_SECONDS = 8.0

# What a URL may change. With the driver's own values a frozen primary was noticed after 26
# to 27 s, though there was a new one after 4.3 s; with these after 13 (measured).
TIMEOUTS = {
    "socketTimeoutMS": 4000,
    "connectTimeoutMS": 1000,
    "heartbeatFrequencyMS": 1000,
    "serverSelectionTimeoutMS": 5000,
}


class MongoStore(Store):
    """A store in one database of a replica set.

    To be used from the event loop in which it was opened. Whatever fails for want of a
    server comes back by itself once there is one.
    """

    def __init__(self, url: str) -> None:
        """Remember where the database is.

        Raises:
            ValueError: the URL is malformed, or names no database.
        """
        self._name = check_url(url)
        self._url = url
        self._client: Any = None
        self._db: Collections | None = None
        self._link: Link | None = None
        self._places = Places()
        self._locks = Locks()
        self._change_locks = Locks()
        self._is_set_up = False
        self._ends = -1

    # Life

    async def open(self) -> None:
        # What the URL says of times counts; of durability this file decides.
        given = {part.partition("=")[0].lower() for part in self._url.partition("?")[2].split("&")}
        options: dict[str, Any] = {
            name: value for name, value in TIMEOUTS.items() if name.lower() not in given
        }
        try:
            self._client = AsyncIOMotorClient(
                self._url,
                io_loop=asyncio.get_running_loop(),
                appname="parley",
                w="majority",
                journal=True,
                readConcernLevel="majority",
                readPreference="primary",
                retryWrites=True,
                retryReads=True,
                **options,
            )
        except (PyMongoError, ValueError) as exc:
            # Not the driver's words: they may quote the URL.
            raise StoreError(
                "The options in the MongoDB URL do not go together, or a file that they name "
                "cannot be read. Correct what follows the ? in it."
            ) from exc
        database = self._client[self._name]
        self._db = Collections(*(database[name] for name in Collections._fields))
        self._link = Link(self._reach, self._fence, self._term)
        try:
            await self._link.open()
        except BaseException:
            self._client.close()
            raise

    async def close(self) -> None:
        if self._link is not None:
            await self._link.close()
        if self._client is not None:
            self._client.close()

    async def ping(self) -> None:
        link, db = self._opened()

        async def read_and_write() -> None:
            await db.meta.find_one({"_id": "pulse"})
            await beat(db)

        async with link.patience(READ_SECONDS):
            await link.once(read_and_write)

    async def time(self) -> int:
        link, _ = self._opened()
        async with link.patience(READ_SECONDS):
            hello = await link.once(lambda: self._client.admin.command("hello"))
        seconds: float = hello["localTime"].replace(tzinfo=UTC).timestamp()
        return round(seconds * 1000)

    async def have_sessions_ended(self) -> bool:
        before, self._ends = self._ends, await self._read(accounts.noted_ends)
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
        return await self._noted(self._whole(accounts.set_password), user, password_hash, keep)

    async def replace_hash(self, user: UserId, old_hash: str, new_hash: str) -> None:
        await self._write(accounts.replace_hash, user, old_hash, new_hash)

    async def set_disabled(self, user: UserId, disabled: bool) -> list[SessionId]:
        return await self._noted(self._whole(accounts.set_disabled), user, disabled)

    async def highest_password_cost(self) -> int:
        return await self._read(accounts.highest_password_cost)

    async def touch(self, users: Mapping[UserId, int], sessions: Mapping[SessionId, int]) -> None:
        await self._write(accounts.touch, users, sessions)

    # Sessions

    async def add_session(self, session: Session, token_hash: bytes, limit: int) -> list[SessionId]:
        ended = await self._write(self._whole(accounts.add_session), session, token_hash, limit)
        if ended:
            await self._write(accounts.note_end)
        return ended

    async def session(self, token_hash: bytes) -> tuple[Session, User] | None:
        return await self._read(accounts.session, token_hash)

    async def sessions(self, user: UserId) -> list[Session]:
        return await self._read(accounts.sessions, user)

    async def end_sessions(self, user: UserId, ids: Collection[SessionId]) -> list[SessionId]:
        if not ids:
            return []
        return await self._noted(self._whole(accounts.end_sessions), user, ids)

    async def live_sessions(
        self, ids: Collection[SessionId], created_after: int, used_after: int
    ) -> set[SessionId]:
        return await self._read(accounts.live_sessions, ids, created_after, used_after)

    async def expire_sessions(self, created_before: int, used_before: int) -> int:
        return await self._write(accounts.expire_sessions, created_before, used_before)

    # Attempts

    async def count_attempt(self, keys: Sequence[str], limit: int, window_ms: int, now: int) -> int:
        return await self._write(self._whole(accounts.count_attempt), keys, limit, window_ms, now)

    async def attempts_wait(self, keys: Sequence[str], limit: int, now: int) -> int:
        return await self._read(accounts.attempts_wait, keys, limit, now)

    async def forget_attempts(self, keys: Sequence[str]) -> None:
        await self._write(accounts.forget_attempts, keys)

    # Conversations

    async def open_direct(
        self, conversation: ConversationId, one: UserId, other: UserId, now: int
    ) -> Conversation:
        found = await self._read(conversations.direct, one, other)
        if found is not None:
            return found
        try:
            await self._write(self._whole(conversations.open_direct), conversation, one, other, now)
        except DuplicateKeyError:
            # Another made it, or this one before its outcome was known: once this is held
            # by a majority, that is.
            await self._write(beat)
        found = await self._read(conversations.direct, one, other)
        if found is None:
            raise Unavailable
        return found

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
        link, db = self._opened()
        adding = Adding(db, self._places, batch)
        try:
            # The lock is kept from try to try, so that nothing overtakes what is repeated.
            async with link.patience(WRITE_SECONDS), self._locks.hold(adding.conversations):
                await link.settle(adding.run, WRITE_SECONDS)
        except Unavailable as exc:
            return adding.outcomes(otherwise=exc)
        return adding.outcomes()

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
        link, db = self._opened()
        replace = self._whole(messages.change_message)

        async def attempt() -> Changed:
            return await replace(db, conversation, old, change)

        # One at a time here, or most would come to nothing by conflicts.
        async with link.patience(WRITE_SECONDS), self._change_locks.hold([conversation]):
            while True:
                old = await link.settle(
                    lambda: messages.stored_message(db, conversation, seq),
                    WRITE_SECONDS,
                    only_reads=True,
                )
                try:
                    return await link.settle(attempt, WRITE_SECONDS)
                except messages.Overtaken:
                    await pause()  # Until a majority holds the other change.

    # Marks

    async def move_marks(self, batch: Sequence[Mark]) -> list[Marks | ParleyError]:
        return await self._write(messages.move_marks, self._places.head, batch)

    # Inside

    def _opened(self) -> tuple[Link, Collections]:
        if self._link is None or self._db is None:
            raise Unavailable
        return self._link, self._db

    async def _read(
        self,
        function: Callable[Concatenate[Collections, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        link, db = self._opened()
        async with link.patience(READ_SECONDS):
            return await link.settle(
                lambda: function(db, *args, **kwargs), READ_SECONDS, only_reads=True
            )

    async def _write(
        self,
        function: Callable[Concatenate[Collections, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run what may be done twice."""
        link, db = self._opened()
        async with link.patience(WRITE_SECONDS):
            return await link.settle(lambda: function(db, *args, **kwargs), WRITE_SECONDS)

    async def _noted(
        self,
        function: Callable[Concatenate[Collections, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run what may be done twice, and have other processes notice."""
        link, db = self._opened()
        async with link.patience(WRITE_SECONDS):
            result = await link.settle(lambda: function(db, *args, **kwargs), WRITE_SECONDS)
            # Even if it ended nothing: it may be the repeat of what did.
            await link.settle(lambda: accounts.note_end(db), WRITE_SECONDS)
        return result

    def _whole(
        self, function: Callable[Concatenate[Collections, Any, P], Awaitable[T]]
    ) -> Callable[Concatenate[Collections, P], Awaitable[T]]:
        """Return the function done in a transaction: as a whole, or not at all."""

        async def run(db: Collections, /, *args: P.args, **kwargs: P.kwargs) -> T:
            async with self._transaction() as session:
                return await function(db, session, *args, **kwargs)

        return run

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Any]:
        async with await self._client.start_session() as session:
            session.start_transaction(
                ReadConcern("snapshot"), WriteConcern("majority", j=True), ReadPreference.PRIMARY
            )
            try:
                yield session
            except BaseException:
                await session.abort_transaction()
                raise
            while True:
                try:
                    await session.commit_transaction()
                except PyMongoError as exc:
                    # Only the same session can tell whether it was committed.
                    if not exc.has_error_label("UnknownTransactionCommitResult"):
                        raise
                    await pause()
                else:
                    return

    async def _reach(self) -> None:
        if self._is_set_up:
            await self._client.admin.command("ping")
            return
        _, db = self._opened()
        try:
            await set_up(self._client, db, self._name)
        except ServerSelectionTimeoutError:
            if "RSGhost" in self._server_types():
                logger.warning(
                    "MongoDB waits to be made a replica set; run once: "
                    "mongosh --eval 'rs.initiate()'"
                )
            raise
        self._is_set_up = True

    async def _fence(self) -> None:
        _, db = self._opened()
        await beat(db)

    def _server_types(self) -> set[str]:
        servers = self._client.topology_description.server_descriptions()
        return {server.server_type_name for server in servers.values()}

    def _term(self) -> Term:
        """Return who is primary since which election; None without one, and where mongos
        hides it."""
        servers = self._client.topology_description.server_descriptions()
        for address, server in servers.items():
            if server.server_type_name == "RSPrimary":
                return address, server.election_id
        return None
