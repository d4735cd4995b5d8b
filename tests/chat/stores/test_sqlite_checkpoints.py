"""The log is moved to the file beside the writer, and never by two at once."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chat.errors import Unavailable
from chat.stores import sqlite_checkpoints, sqlite_schema
from chat.stores.sqlite import SQLiteStore
from chat.stores.sqlite_checkpoints import Checkpoints
from tests.chat.stores.samples import add, add_many, new, open_new_pair
from tests.chat.stores.sqlite_files import content, is_sound

PATIENCE_SECONDS = 10.0


class Moves:
    """Stands before `_move`: who moves, and how many pages; the thread waits to be let in."""

    def __init__(self, move: Callable[[sqlite3.Connection], int]) -> None:
        self._move = move
        self.by_thread: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.by_writer: list[int] = []
        self.gate = threading.Semaphore(0)

    def __call__(self, db: sqlite3.Connection) -> int:
        if threading.current_thread().name != "sqlite-checkpoints":
            self.by_writer.append(self._move(db))
            return self.by_writer[-1]
        self.gate.acquire()
        pages = self._move(db)
        self.by_thread.put(pages)
        return pages


@pytest.fixture
def moves(monkeypatch: pytest.MonkeyPatch) -> Moves:
    moves = Moves(sqlite_checkpoints._move)
    monkeypatch.setattr(sqlite_checkpoints, "_move", moves)
    monkeypatch.setattr(sqlite_checkpoints, "PORTION", 100)
    return moves


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    """A writer's connection to a file with a table of numbers."""
    sqlite_schema.open_file(str(path)).close()
    with closing(sqlite_schema.reopen_file(str(path))) as db:
        db.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY, text TEXT)")
        yield db


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def checkpoints(path: Path, complaints: list[str], moves: Moves) -> Iterator[Checkpoints]:
    checkpoints = Checkpoints(str(path), lambda doing, exc: complaints.append(f"{doing} {exc}"))
    yield checkpoints
    moves.gate.release(1000)
    checkpoints.close()


def write(db: sqlite3.Connection, rows: int) -> None:
    """Commit so many rows."""
    values = ",".join(["('x')"] * rows)
    db.execute(f"INSERT INTO numbers (text) VALUES {values}")


def wait(checkpoints: Checkpoints, moves: Moves) -> int:
    """Let the thread move once; return the pages of the log when it has said so."""
    moves.gate.release()
    pages = moves.by_thread.get(timeout=PATIENCE_SECONDS)
    gone = threading.Event()
    while checkpoints._is_moving:
        gone.wait(0.001)
    return pages


def test_the_thread_moves_once_enough_has_changed(
    checkpoints: Checkpoints, db: sqlite3.Connection, moves: Moves
) -> None:
    write(db, 99)
    checkpoints.committed(db)
    assert not checkpoints._is_moving

    write(db, 1)
    checkpoints.committed(db)

    assert checkpoints._is_moving
    assert wait(checkpoints, moves) > 0
    assert not moves.by_writer


def test_nothing_begins_on_a_log_of_which_everything_is_moved(
    checkpoints: Checkpoints, db: sqlite3.Connection, moves: Moves
) -> None:
    """What was committed before the thread began to move is moved, too, however much it was."""
    write(db, 100)
    checkpoints.committed(db)
    for _ in range(3):
        write(db, 100)
        checkpoints.committed(db)
    wait(checkpoints, moves)

    for _ in range(3):  # commits that change nothing
        checkpoints.committed(db)
    assert not checkpoints._is_moving
    write(db, 99)
    checkpoints.committed(db)
    assert not checkpoints._is_moving
    write(db, 1)
    checkpoints.committed(db)
    assert checkpoints._is_moving


def test_the_writer_moves_the_rest_of_a_long_log_and_begins_it_anew(
    checkpoints: Checkpoints,
    db: sqlite3.Connection,
    moves: Moves,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "CHECKPOINT_PAGES", 50)
    for _ in range(60):
        write(db, 2)
        checkpoints.committed(db)
    assert wait(checkpoints, moves) >= 50

    write(db, 500)
    checkpoints.committed(db)

    assert len(moves.by_writer) == 1
    checkpoints.committed(db)  # a commit that changed nothing, and everything is moved
    assert not checkpoints._is_moving
    write(db, 2)
    checkpoints.committed(db)
    assert len(moves.by_writer) == 1
    assert not checkpoints._is_moving
    (busy, pages, moved) = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    assert (busy, pages) == (0, moved)
    assert pages < 10


def test_another_connection_counts_anew(
    checkpoints: Checkpoints, db: sqlite3.Connection, moves: Moves, path: Path
) -> None:
    write(db, 100)
    checkpoints.committed(db)
    wait(checkpoints, moves)
    checkpoints.committed(db)

    with closing(sqlite_schema.reopen_file(str(path))) as other:
        write(other, 1)
        checkpoints.committed(other)
        write(other, 99)
        checkpoints.committed(other)
        assert checkpoints._is_moving
        wait(checkpoints, moves)


def test_a_failure_of_the_thread_is_told_and_it_goes_on(
    checkpoints: Checkpoints,
    db: sqlite3.Connection,
    moves: Moves,
    complaints: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = threading.Event()

    def fail(path: str) -> sqlite3.Connection:
        failed.set()
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(sqlite_checkpoints, "connect", fail)
    write(db, 100)
    checkpoints.committed(db)
    assert failed.wait(PATIENCE_SECONDS)
    while checkpoints._is_moving:
        failed.wait(0.001)
    monkeypatch.setattr(sqlite_checkpoints, "connect", sqlite_schema.connect)

    checkpoints.committed(db)
    write(db, 100)
    checkpoints.committed(db)

    assert wait(checkpoints, moves) > 0
    assert complaints == ["Moving the log to disk I/O error"]


@pytest.mark.parametrize("alone", [True, False])
async def test_the_log_stays_short(
    path: Path, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "CHECKPOINT_PAGES", 100)
    monkeypatch.setattr(sqlite_schema, "CHECKPOINT_PAGES", 100)
    monkeypatch.setattr(sqlite_checkpoints, "PORTION", 200)
    store = SQLiteStore(str(path))
    await store.open()
    await (store.claim() if alone else store.share())
    conversation = await open_new_pair(store)

    for _ in range(200):
        await add_many(store, conversation, 50)

    assert len(content(f"{path}-wal")) < 1_000 * 4120  # all of it: 5,000 pages
    await store.close()
    assert is_sound(path)


@pytest.mark.parametrize(("alone", "pages"), [(True, 0), (False, sqlite_schema.CHECKPOINT_PAGES)])
async def test_commits_move_the_log_only_in_turns(path: Path, alone: bool, pages: int) -> None:
    store = SQLiteStore(str(path))
    await store.open()
    await (store.claim() if alone else store.share())

    async def automatic() -> int:
        rows = await store._write(lambda db: db.execute("PRAGMA wal_autocheckpoint").fetchone())
        return int(rows[0])

    assert await automatic() == pages
    with pytest.raises(Unavailable):  # The connection is replaced.
        await store._write(lambda db: db.execute("SELECT nonsense"))
    assert await automatic() == pages
    await store.close()


async def test_a_file_is_sound_whatever_is_moved_meanwhile(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "CHECKPOINT_PAGES", 40)
    monkeypatch.setattr(sqlite_checkpoints, "PORTION", 10)
    store = SQLiteStore(str(path))
    await store.open()
    await store.claim()
    conversation = await open_new_pair(store)
    await asyncio.gather(*(add(store, new(conversation, str(n))) for n in range(2_000)))
    for n in range(2_000, 2_300):
        await add(store, new(conversation, str(n)))

    assert len(await store.messages(conversation, 1, 9_999)) == 2_300
    await store.close()
    assert is_sound(path)
