"""Data that would take too long to make through the server: written by its own store,
in large batches, before the server starts."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from chat.models import (
    Account,
    ConversationId,
    NewMessage,
    Session,
    User,
    UserId,
    new_conversation_id,
    new_session_id,
    new_user_id,
)
from chat.passwords import Hasher
from chat.sessions import hash_token
from chat.stores import open_store
from chat.stores.base import Store
from tests.load.api import PASSWORD, Person

BATCH = 2_000
TEXT = (
    "All day long they had talked about the weather, and in the end it rained as it always does, "
)
_COST = 4


class Seed:
    """A store that is being filled. Everybody has the password `PASSWORD`."""

    def __init__(self, store: Store, password_hash: str) -> None:
        """Use `seeding` instead."""
        self._store = store
        self._hash = password_hash
        self._now = time.time_ns() // 1_000_000

    async def people(self, count: int, prefix: str = "person") -> list[Person]:
        """Add people who are signed in."""
        made = [
            Person(new_user_id(), f"{prefix}-{number:05}", secrets.token_urlsafe(32))
            for number in range(count)
        ]
        await _together(self._add(person) for person in made)
        return made

    async def conversations(
        self, pairs: Iterable[tuple[Person, Person]], messages: int = 1
    ) -> list[str]:
        """Add a conversation for each pair, with so many messages from both in turn."""
        members = list(pairs)
        made = [new_conversation_id() for _ in members]
        await _together(
            self._store.open_direct(id_, UserId(one.id), UserId(other.id), self._now)
            for id_, (one, other) in zip(made, members, strict=True)
        )
        batch: list[NewMessage] = []
        for id_, (one, other) in zip(made, members, strict=True):
            for number in range(messages):
                sender = one if number % 2 else other
                batch.append(self._message(id_, sender, number))
                if len(batch) == BATCH:
                    await self._store.add_messages(batch)
                    batch = []
        if batch:
            await self._store.add_messages(batch)
        return list(made)

    async def _add(self, person: Person) -> None:
        user = User(UserId(person.id), person.username, person.username)
        await self._store.add_user(Account(user, self._hash, self._now))
        session = Session(new_session_id(), user.id, self._now, self._now, "127.0.0.1", "load")
        await self._store.add_session(session, hash_token(person.token), 100)

    def _message(self, conversation: ConversationId, sender: Person, number: int) -> NewMessage:
        text = f"{TEXT}{number}"
        return NewMessage(conversation, UserId(sender.id), f"s{number}", text, self._now)


@asynccontextmanager
async def seeding(path: Path) -> AsyncIterator[Seed]:
    """Fill a new SQLite file."""
    store = open_store(f"sqlite:{path}")
    hasher = Hasher(_COST)
    await store.open()
    try:
        yield Seed(store, await hasher.hash(PASSWORD))
    finally:
        await store.close()
        hasher.close()
        # Or the kernel writes what seeding left to it in the middle of the measurement.
        await asyncio.to_thread(os.sync)


async def _together(work: Iterable[Coroutine[None, None, object]]) -> None:
    """Do it all, so many at once that they share commits."""
    waiting = list(work)
    for first in range(0, len(waiting), BATCH):
        await asyncio.gather(*waiting[first : first + BATCH])
