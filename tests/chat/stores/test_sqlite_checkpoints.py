"""The log is moved to the file beside the writer, by one at a time, and never for nothing."""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chat.errors import Unavailable
from chat.stores import sqlite_checkpoints, sqlite_schema, sqlite_threads
from chat.stores.sqlite import SQLiteStore
from chat.stores.sqlite_checkpoints import Checkpoints
from tests.chat.stores.samples import add, add_many, new, open_new_pair
from tests.chat.stores.sqlite_files import content, is_sound

PATIENCE_SECONDS = 10.0


class Moves:
    """Stands before the thread's `_move`: lets it in, and tells how many pages the log had."""

    def __init__(self, move: Callable[[sqlite3.Connection], int]) -> None:
        self._move = move
        self.gate = threading.Semaphore(0)
        self.done: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.error: Exception | None = None

    def __call__(self, db: sqlite3.Connection) -> int:
        assert threading.current_thread().name == "sqlite-checkpoints"
        self.gate.acquire()
        if self.error is not None:
            raise self.error
        pages = self._move(db)
        self.done.put(pages)
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
def checkpoints(
    path: Path, db: sqlite3.Connection, complaints: list[str], moves: Moves
) -> Iterator[Checkpoints]:
    """One that has moved what was there, and has seen the writer's connection since."""
    checkpoints = Checkpoints(str(path), lambda doing, exc: complaints.append(f"{doing} {exc}"))
    try:
        let(checkpoints, moves)
        checkpoints.committed(db)
        yield checkpoints
    finally:
        moves.gate.release(1000)
        checkpoints.close()


def write(db: sqlite3.Connection, rows: int) -> None:
    """Commit so many rows."""
    values = ",".join(["('x')"] * rows)
    db.execute(f"INSERT INTO numbers (text) VALUES {values}")


def wait_until_done(checkpoints: Checkpoints) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while checkpoints._mover == "thread":
        assert time.monotonic() < deadline
        pause.wait(0.001)


def let(checkpoints: Checkpoints, moves: Moves) -> int:
    """Let the thread move once; return the pages of the log when it has said so."""
    moves.gate.release()
    pages = moves.done.get(timeout=PATIENCE_SECONDS)
    wait_until_done(checkpoints)
    return pages


def test_the_thread_moves_once_enough_has_changed(
    checkpoints: Checkpoints, db: sqlite3.Connection, moves: Moves
) -> None:
    write(db, 99)
    checkpoints.committed(db)
    assert checkpoints._mover is None

    write(db, 1)
    checkpoints.committed(db)

    assert checkpoints._mover == "thread"
    assert let(checkpoints, moves) > 0


def test_nothing_is_moved_unless_something_was_committed_since(
    checkpoints: Checkpoints, db: sqlite3.Connection, moves: Moves
) -> None:
    """However many rows were changed and taken back, or changed to what they were."""
    write(db, 100)
    checkpoints.committed(db)
    let(checkpoints, moves)
    checkpoints.committed(db)

    db.execute("BEGIN")
    write(db, 200)
    db.execute("ROLLBACK")
    checkpoints.committed(db)
    wait_until_done(checkpoints)
    assert moves.done.empty()
    checkpoints.committed(db)
    db.execute("UPDATE numbers SET text = text WHERE number <= 100")
    checkpoints.committed(db)
    wait_until_done(checkpoints)

    assert moves.done.empty()


def test_a_commit_moves_the_rest_of_a_long_log_and_the_next_begins_it_anew(
    checkpoints: Checkpoints,
    db: sqlite3.Connection,
    moves: Moves,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "CHECKPOINT_PAGES", 50)
    for _ in range(60):
        write(db, 2)
        checkpoints.committed(db)
    assert let(checkpoints, moves) >= 50
    checkpoints.committed(db)
    assert checkpoints._mover == "writer"

    checkpoints.committed(db)  # a commit that changed nothing: nothing is moved
    assert checkpoints._mover is None
    (automatic,) = db.execute("PRAGMA wal_autocheckpoint").fetchone()
    assert automatic == 0
    for _ in range(50):
        write(db, 2)
        checkpoints.committed(db)
    let(checkpoints, moves)
    checkpoints.committed(db)
    write(db, 1)  # moves everything
    checkpoints.committed(db)
    assert checkpoints._mover is None
    length = len(content(f"{path}-wal"))
    write(db, 1)

    assert len(content(f"{path}-wal")) == length
    (busy, pages, moved) = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    assert (busy, pages) == (0, moved)
    assert pages < 10


def test_another_connection_counts_anew(
    checkpoints: Checkpoints, db: sqlite3.Connection, moves: Moves, path: Path
) -> None:
    write(db, 100)
    checkpoints.committed(db)
    let(checkpoints, moves)
    checkpoints.committed(db)

    with closing(sqlite_schema.reopen_file(str(path))) as other:
        write(other, 1)
        checkpoints.committed(other)
        write(other, 99)
        checkpoints.committed(other)
        assert checkpoints._mover is None
        write(other, 1)
        checkpoints.committed(other)
        assert checkpoints._mover == "thread"
        let(checkpoints, moves)


def test_what_others_wrote_is_moved_in_the_end(
    db: sqlite3.Connection, moves: Moves, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "INTERVAL_SECONDS", 0.01)
    moves.gate.release(1000)
    checkpoints = Checkpoints(str(path), lambda doing, exc: None)
    assert moves.done.get(timeout=PATIENCE_SECONDS) > 0

    write(db, 1)

    assert moves.done.get(timeout=PATIENCE_SECONDS) > 0
    checkpoints.close()


@pytest.mark.parametrize("error", [sqlite3.OperationalError("disk I/O error"), OSError("gone")])
def test_the_writer_goes_on_alone_while_the_thread_fails(
    checkpoints: Checkpoints,
    db: sqlite3.Connection,
    moves: Moves,
    complaints: list[str],
    error: Exception,
    path: Path,
) -> None:
    moves.error = error
    moves.gate.release(1000)
    for _ in range(300):
        write(db, 50)
        checkpoints.committed(db)
        wait_until_done(checkpoints)

    assert len(complaints) > 50
    assert set(complaints) == {f"Moving the log to {error}"}
    assert len(content(f"{path}-wal")) < 100 * 4120

    moves.error = None
    for _ in range(4):
        write(db, 100)
        checkpoints.committed(db)
        wait_until_done(checkpoints)
    assert moves.done.get(timeout=PATIENCE_SECONDS) > 0


@pytest.mark.parametrize("alone", [True, False])
async def test_the_log_stays_short(
    path: Path, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    for module in (sqlite_checkpoints, sqlite_threads):
        monkeypatch.setattr(module, "CHECKPOINT_PAGES", 100)
    monkeypatch.setattr(sqlite_checkpoints, "PORTION", 200)
    store = SQLiteStore(str(path))
    await store.open()
    await (store.claim() if alone else store.share())
    conversation = await open_new_pair(store)

    for _ in range(200):
        await add_many(store, conversation, 50)
        if alone:
            assert store._writer is not None
            assert store._writer._checkpoints is not None
            wait_until_done(store._writer._checkpoints)

    assert len(content(f"{path}-wal")) < 500 * 4120  # all of it: 5,000 pages
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


async def test_everything_is_there_whatever_is_moved_meanwhile(
    path: Path, moves: Moves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "CHECKPOINT_PAGES", 40)
    monkeypatch.setattr(sqlite_checkpoints, "PORTION", 10)
    moves.gate.release(1_000_000)
    store = SQLiteStore(str(path))
    await store.open()
    await store.claim()
    conversation = await open_new_pair(store)
    for n in range(600):
        await add(store, new(conversation, str(n)))

    found = await store.messages(conversation, 1, 9_999)
    await store.close()

    assert [message.client_id for message in found] == [str(n) for n in range(600)]
    assert moves.done.qsize() > 5
    assert is_sound(path)
