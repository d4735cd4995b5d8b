"""How a file comes to be a SQLite store: made, brought up to date, or refused."""

import asyncio
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from chat.errors import StoreError
from chat.models import ConversationId, NewMessage, UserId
from chat.stores import sqlite_schema
from chat.stores.sqlite import SQLiteStore
from chat.stores.sqlite_schema import NOTED_TOGETHER
from tests.chat.stores.samples import (
    ANN,
    AT,
    account,
    add,
    add_people,
)
from tests.chat.stores.sqlite_files import content, is_sound, overwrite, start


@pytest.fixture
def store(sqlite: SQLiteStore) -> SQLiteStore:
    return sqlite


def test_the_file_and_its_directory_are_for_their_owner_only(
    store: SQLiteStore, path: Path
) -> None:
    modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in path.parent.iterdir()}

    assert modes == {"parley.db": 0o600, "parley.db-wal": 0o600, "parley.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_closed_store_is_one_file(store: SQLiteStore, path: Path) -> None:
    await add_people(store)

    await store.close()

    assert [found.name for found in path.parent.iterdir()] == ["parley.db"]
    assert is_sound(path)


async def refused(path: Path | str) -> str:
    """Return why the file is refused; it must stay as it was."""
    before = content(path)
    with pytest.raises(StoreError) as refusal:
        await SQLiteStore(str(path)).open()
    assert str(path) in str(refusal.value) or str(path) in ("", ":memory:")
    assert content(path) == before
    return str(refusal.value)


async def test_a_file_of_a_newer_version_is_refused(store: SQLiteStore, path: Path) -> None:
    await store.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 999")

    assert "newer version" in await refused(path)


async def test_a_newer_version_that_is_still_in_the_log_is_refused(
    store: SQLiteStore, path: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "parley.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 999")
        for end in ("", "-wal"):
            overwrite(f"{copy}{end}", content(f"{path}{end}"))

    assert "newer version" in await refused(copy)


def write_of_step(path: Path, step: int, counts: list[int]) -> list[NewMessage]:
    """Write a file as it was after a step up to the third, with a conversation of so many
    messages each; every third is deleted, and the last was changed. Return what was sent."""
    people = [UserId(f"_user{number}") for number in range(len(counts) + 1)]
    sent: list[NewMessage] = []
    with closing(sqlite3.connect(path)) as db, db:
        for number, user in enumerate(people, 1):
            db.execute(
                "INSERT INTO users (number, id, username, name, password_hash, password_cost,"
                " created) VALUES (?, ?, ?, '', '', 4, 0)",
                (number, user, f"user{number}"),
            )
        for number, count in enumerate(counts, 1):
            conversation = ConversationId(f"c{number}")
            db.execute(
                "INSERT INTO conversations (number, id, kind, head, live, rev, updated)"
                " VALUES (?, ?, 'direct', ?, ?, ?, ?)",
                (number, conversation, count, count - count // 3, count > 0, number),
            )
            for member in (1, number + 1):
                db.execute(
                    "INSERT INTO members (conversation, user, sent) VALUES (?, ?, ?)",
                    (number, member, (count - count // 3) * (member == 1)),
                )
        # Not by conversation: that is how they came.
        for seq in range(1, max(counts) + 1):
            for number in (each for each, count in enumerate(counts, 1) if seq <= count):
                text = None if seq % 3 == 0 else f"text {seq}"
                key = f'"key" {seq}'
                db.execute(
                    "INSERT INTO messages (id, conversation, sender, client_id, at, rev, text)"
                    " VALUES (?, ?, 1, ?, ?, ?, ?)",
                    ((number << 32) + seq, number, key, AT, seq == counts[number - 1], text),
                )
                conversation = ConversationId(f"c{number}")
                sent.append(NewMessage(conversation, people[0], key, text or "", AT))
        (version,) = db.execute("PRAGMA user_version").fetchone()
    assert version == step
    return sent


@pytest.mark.parametrize("step", [2, 3])
async def test_a_file_of_an_older_version_keeps_everything(
    path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(sqlite_schema, "MIGRATIONS", sqlite_schema.MIGRATIONS[:step])
        older.setattr(sqlite_schema, "TABLES", ())
        sqlite_schema.open_file(str(path)).close()
    counts = [0, 1, NOTED_TOGETHER - 1, NOTED_TOGETHER, 2 * NOTED_TOGETHER + 3]
    sent = write_of_step(path, step, counts)
    conversations = [ConversationId(f"c{number}") for number in range(1, len(counts) + 1)]
    store = SQLiteStore(str(path))
    await store.open()

    page = await store.summaries(UserId("_user0"), None, 10)
    lists = [await store.messages(conversation, 1, 100) for conversation in conversations]
    unread = [
        found.unread
        for number, conversation in enumerate(conversations, 1)
        if (found := await store.summary(conversation, UserId(f"_user{number}")))
    ]
    changed = [await store.changes(conversation, 0, 10) for conversation in conversations]
    again = [
        await add(store, message)
        for message in sent
        if message.text  # The digest of a deleted one's text is not made up here.
    ]
    more = [
        NewMessage(conversation, UserId("_user0"), f"more {number}", "text", AT)
        for number in range(2 * NOTED_TOGETHER)
        for conversation in conversations
    ]
    added = [await add(store, message) for message in more]
    grown = [await store.messages(conversation, 1, 100) for conversation in conversations]
    again += [await add(store, message) for message in more]

    assert [[message.seq for message in found] for found in lists] == [
        list(range(1, count + 1)) for count in counts
    ]
    assert all(
        (message.client_id, message.deleted)
        == (f'"key" {message.seq}', message.text is None)
        == (message.client_id, message.seq % 3 == 0)
        for found in lists
        for message in found
    )
    assert [summary.last for summary in page.items] == [
        found[-1] if found else None for found in reversed(lists) if found
    ]
    assert unread == [count - count // 3 for count in counts]
    assert changed == [found[-1:] for found in lists]
    assert all(found.duplicate for found in again)
    assert not any(found.duplicate for found in added)
    assert [[message.seq for message in found] for found in grown] == [
        list(range(1, count + 2 * NOTED_TOGETHER + 1)) for count in counts
    ]
    await store.close()
    assert is_sound(path)


async def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmarks (url)")

    assert "another program" in await refused(path)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 1000)

    assert "not a SQLite database" in await refused(path)


@pytest.mark.parametrize("page", range(20))
async def test_a_damaged_file_is_refused(store: SQLiteStore, path: Path, page: int) -> None:
    await add_people(store)
    await store.close()
    whole = content(path)
    overwrite(path, whole[: page * 4096] + b"\xa5" * 4096 + whole[(page + 1) * 4096 :])

    assert "damaged" in await refused(path)


async def test_a_truncated_file_is_refused(store: SQLiteStore, path: Path) -> None:
    await store.close()
    overwrite(path, content(path)[:-8192])

    assert "damaged" in await refused(path)


async def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert "directory" in await refused(tmp_path)


async def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert "cannot be written" in await refused(tmp_path / "file" / "parley.db")


@pytest.mark.parametrize("path", ["", ":memory:"])
async def test_a_store_without_a_file_is_refused(path: str) -> None:
    assert "path of a file" in await refused(path)


async def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 32, 9))

    with pytest.raises(StoreError, match=r"3\.33 or newer"):
        await SQLiteStore(str(tmp_path / "parley.db")).open()


def test_processes_that_open_a_new_file_at_once_share_it(path: Path) -> None:
    main = "async def main(store): await store.add_user(account(UserId('_' + %r)))"
    children = [start(main % f"user{number}", path) for number in range(6)]

    assert [child.communicate()[0] or child.returncode for child in children] == [0] * 6

    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM users").fetchone() == (6,)
    assert is_sound(path)


async def test_stores_that_open_a_new_file_at_once_share_it(path: Path) -> None:
    stores = [SQLiteStore(str(path)) for _ in range(6)]

    await asyncio.gather(*(store.open() for store in stores))

    await stores[0].add_user(account(ANN))
    assert await stores[5].account(ANN) == account(ANN)
    await asyncio.gather(*(store.close() for store in stores))
