"""What the writer remembers of conversations holds only while nothing else has changed them."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from chat.errors import Internal, NotFound, Unavailable
from chat.models import Added, ConversationId, NewMessage, new_conversation_id
from chat.stores import sqlite_growing
from chat.stores.sqlite import SQLiteStore
from chat.stores.sqlite_growing import GrowingConversations
from tests.chat.stores.samples import (
    ANN,
    AT,
    BOB,
    CEM,
    add,
    add_people,
    head,
    new,
    open_new_pair,
    open_pair,
)
from tests.chat.stores.sqlite_files import is_sound


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[tuple[ConversationId, int]]:
    """A list that gathers what is read from the file since it was not known."""
    reads: list[tuple[ConversationId, int]] = []
    places = GrowingConversations._places

    def watched(
        self: GrowingConversations, db: sqlite3.Connection, batch: list[NewMessage]
    ) -> object:
        before = dict(self._known)
        result = places(self, db, batch)
        reads.extend((key, it.head) for key, it in self._known.items() if key not in before)
        return result

    monkeypatch.setattr(GrowingConversations, "_places", watched)
    return reads


async def seqs(store: SQLiteStore, conversation: ConversationId) -> list[tuple[int, str]]:
    messages = await store.messages(conversation, 1, 1_000)
    return [(message.seq, message.client_id) for message in messages]


def numbered(client_ids: Iterable[object]) -> list[tuple[int, str]]:
    return [(seq, str(client_id)) for seq, client_id in enumerate(client_ids, 1)]


async def test_a_conversation_is_read_once(
    sqlite: SQLiteStore, found: list[tuple[ConversationId, int]]
) -> None:
    conversation = await open_new_pair(sqlite)

    for number in range(40):
        sender = (ANN, BOB)[number % 2]
        await add(sqlite, new(conversation, str(number), sender=sender))

    assert found == [(conversation, 0)]
    assert await seqs(sqlite, conversation) == numbered(range(40))


async def test_what_another_process_stores_in_between_is_known(
    sqlite: SQLiteStore, path: Path, found: list[tuple[ConversationId, int]]
) -> None:
    conversation = await open_new_pair(sqlite)
    other = SQLiteStore(str(path))
    await other.open()
    try:
        for number in range(40):
            store = (sqlite, other)[number % 3 > 0]
            added = await add(store, new(conversation, str(number)))
            assert (added.message.seq, added.duplicate) == (number + 1, False)
        for number in range(40):
            repeat = await add((other, sqlite)[number % 3 > 0], new(conversation, str(number)))
            assert (repeat.message.seq, repeat.duplicate) == (number + 1, True)
    finally:
        await other.close()

    assert len(found) > 2
    assert await seqs(sqlite, conversation) == numbered(range(40))
    assert is_sound(path)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR])
@pytest.mark.parametrize("is_replaced", [False, True], ids=["alone", "replaced"])
async def test_what_was_taken_back_is_not_remembered(
    sqlite: SQLiteStore,
    path: Path,
    code: int,
    is_replaced: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After SQLITE_IOERR with another connection; and where another process has stored one in
    its place, so that the last message has the same number."""
    conversation = await open_new_pair(sqlite)
    await add(sqlite, new(conversation, "0"))
    other = SQLiteStore(str(path))
    await other.open()
    begun, gate = threading.Event(), threading.Event()

    def waits(db: sqlite3.Connection) -> None:
        begun.set()
        gate.wait()

    def fails(db: sqlite3.Connection) -> None:
        error = sqlite3.OperationalError("the disk")
        error.sqlite_errorcode = code
        raise error

    waiting = asyncio.ensure_future(sqlite._write(waits))
    await asyncio.to_thread(begun.wait)
    together = asyncio.gather(
        add(sqlite, new(conversation, "lost")), sqlite._write(fails), return_exceptions=True
    )
    await asyncio.sleep(0)
    gate.set()
    await waiting
    assert [type(outcome) for outcome in await together] == [Unavailable, Unavailable]
    if is_replaced:
        await add_people(other, CEM)
        await add(other, new(await open_pair(other, BOB, CEM), sender=BOB))
    await other.close()

    added = await add(sqlite, new(conversation, "1"))

    assert (added.message.seq, added.duplicate) == (2, False)
    assert await head(sqlite, conversation) == 2
    assert await seqs(sqlite, conversation) == numbered(range(2))


async def test_a_batch_that_fails_half_way_is_not_remembered(
    sqlite: SQLiteStore, caplog: pytest.LogCaptureFixture
) -> None:
    conversation = await open_new_pair(sqlite)
    await add(sqlite, new(conversation, "0"))
    await sqlite._write(
        lambda db: db.execute(
            "CREATE TRIGGER fail BEFORE UPDATE OF sent ON members"
            " BEGIN SELECT raise(FAIL, 'a bug'); END"
        )
    )
    with pytest.raises(Internal):
        await add(sqlite, new(conversation, "1"))
    await sqlite._write(lambda db: db.execute("DROP TRIGGER fail"))

    added = await add(sqlite, new(conversation, "1"))

    assert (added.message.seq, added.duplicate) == (2, False)
    assert await seqs(sqlite, conversation) == numbered(range(2))


async def test_a_stranger_is_refused_in_a_conversation_that_is_known(
    sqlite: SQLiteStore,
) -> None:
    conversation = await open_new_pair(sqlite)
    await add_people(sqlite, CEM)
    other = await open_pair(sqlite, BOB, CEM)
    await add(sqlite, new(conversation, "0"))

    outcomes = await sqlite.add_messages(
        [
            new(conversation, "1", sender=CEM),
            new(new_conversation_id(), "2"),
            new(other, "3", sender=CEM),
            new(conversation, "4"),
        ]
    )

    assert [type(outcome) for outcome in outcomes] == [NotFound, NotFound, Added, Added]
    assert [await head(sqlite, conversation), await head(sqlite, other)] == [2, 1]
    (refused,) = await sqlite.add_messages([new(new_conversation_id(), "5")])
    assert isinstance(refused, NotFound)
    assert (await add(sqlite, new(conversation, "6"))).message.seq == 3


async def test_no_more_are_remembered_than_the_bound(
    sqlite: SQLiteStore,
    found: list[tuple[ConversationId, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite_growing, "MAX_REMEMBERED", 2)
    await add_people(sqlite, ANN, BOB, CEM)
    talks = [await open_pair(sqlite, *pair) for pair in ((ANN, BOB), (ANN, CEM), (BOB, CEM))]
    senders = (ANN, ANN, BOB)

    for number in range(20):
        for talk, sender in zip(talks, senders, strict=True):
            await add(sqlite, new(talk, str(number), sender=sender, at=AT + number))
            assert len(sqlite._growing._known) <= 3

    assert len(found) > 20
    for talk in talks:
        assert await seqs(sqlite, talk) == numbered(range(20))
