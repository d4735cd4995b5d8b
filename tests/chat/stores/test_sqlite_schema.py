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
from chat.stores.sqlite_rows import message_id
from chat.stores.sqlite_schema import KEYS_TOGETHER
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


async def test_a_file_of_an_older_version_keeps_its_keys(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(sqlite_schema, "MIGRATIONS", sqlite_schema.MIGRATIONS[:2])
        sqlite_schema.open_file(str(path)).close()
    counts = [0, 1, KEYS_TOGETHER - 1, KEYS_TOGETHER, 2 * KEYS_TOGETHER + 3]
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
                "INSERT INTO conversations (number, id, kind, head, live, updated)"
                " VALUES (?, ?, 'direct', ?, ?, 0)",
                (number, conversation, count, count),
            )
            for member in (1, number + 1):
                db.execute(
                    "INSERT INTO members (conversation, user) VALUES (?, ?)", (number, member)
                )
            for seq in range(1, count + 1):
                db.execute(
                    "INSERT INTO messages (id, conversation, sender, client_id, at, text)"
                    " VALUES (?, ?, 1, ?, 0, 'text')",
                    (message_id(number, seq), number, f"key{seq}"),
                )
                sent.append(NewMessage(conversation, people[0], f"key{seq}", "text", AT))
    store = SQLiteStore(str(path))
    await store.open()

    again = [await add(store, message) for message in sent]
    more = [
        await add(store, NewMessage(ConversationId(f"c{number}"), people[0], "more", "text", AT))
        for number in range(1, len(counts) + 1)
    ]

    assert all(found.duplicate for found in again)
    assert [found.message.seq for found in more] == [count + 1 for count in counts]
    await store.close()


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
