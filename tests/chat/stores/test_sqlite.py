"""What only the SQLite store does: its threads, other processes, and its recovery."""

import asyncio
import sqlite3
import sys
import threading
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from chat.errors import Internal, NotFound, StoreError, Unavailable
from chat.models import Added, ConversationId, Message, UserId
from chat.stores import sqlite_checkpoints, sqlite_schema, sqlite_threads
from chat.stores.sqlite import SQLiteStore
from chat.stores.sqlite_accounts import after_prefix
from chat.stores.sqlite_schema import NOTED_TOGETHER, TABLES
from chat.stores.sqlite_threads import Job
from tests.chat.stores.samples import (
    ANN,
    BOB,
    CEM,
    add,
    add_many,
    add_people,
    deleted,
    head,
    mark,
    new,
    open_new_pair,
    open_pair,
    unread,
)
from tests.chat.stores.sqlite_files import content, is_sound, start


@pytest.fixture
def store(sqlite: SQLiteStore) -> SQLiteStore:
    return sqlite


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """A list that gathers the statements of stores opened from now on, with their threads."""
    found: list[tuple[int, str]] = []
    connect = sqlite_schema.connect

    def traced(path: str, *, read_only: bool = False) -> sqlite3.Connection:
        db = connect(path, read_only=read_only)
        db.set_trace_callback(lambda sql: found.append((threading.get_ident(), sql)))
        return db

    monkeypatch.setattr(sqlite_schema, "connect", traced)
    monkeypatch.setattr(sqlite_threads, "connect", traced)
    monkeypatch.setattr(sqlite_checkpoints, "connect", traced)
    return found


# Durability


def test_what_was_acknowledged_survives_kill_9_once_and_in_order(
    path: Path, runner: asyncio.Runner
) -> None:
    child = start(
        """
async def main(store):
    conversation = await open_new_pair(store)
    print(conversation, flush=True)
    async def talk(name):
        for number in range(10**6):
            added = await add(store, new(conversation, f"{name} {number}"))
            print(name, number, added.message.seq, flush=True)
    await asyncio.gather(*(talk(name) for name in range(20)))
""",
        path,
    )
    assert child.stdout is not None
    conversation = ConversationId(child.stdout.readline().strip())
    lines = [child.stdout.readline() for _ in range(2000)]
    child.kill()
    # The last line may have been cut off.
    lines += [line for line in child.communicate()[0].splitlines(keepends=True) if line[-1] == "\n"]
    acknowledged = {
        f"{name} {number}": int(seq) for name, number, seq in (line.split() for line in lines)
    }

    async def check() -> None:
        store = SQLiteStore(str(path))
        await store.open()
        stored = await store.messages(conversation, 1, 10**6)
        seqs = {message.client_id: message.seq for message in stored}
        assert [message.seq for message in stored] == list(range(1, len(stored) + 1))
        assert len(seqs) == len(stored)
        assert acknowledged.items() <= seqs.items()
        for name in range(20):
            own = [
                message.client_id for message in stored if message.client_id.split()[0] == str(name)
            ]
            assert own == [f"{name} {number}" for number in range(len(own))]
        assert await head(store, conversation) == len(stored)
        assert await unread(store, conversation, BOB) == len(stored)
        await store.close()

    runner.run(check())
    assert is_sound(path)


def test_a_full_disk_refuses_and_recovers_and_reads_go_on(path: Path) -> None:
    child = start(
        """
async def main(store):
    conversation = await open_new_pair(store)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, limits[1]))
    acknowledged, refused = [], 0
    for number in range(200):
        try:
            await add(store, new(conversation, str(number), "x" * 5000))
            acknowledged.append(number)
        except Unavailable:
            refused += 1
    assert acknowledged and refused > 50, (len(acknowledged), refused)
    stored = {int(found.client_id) for found in await store.messages(conversation, 1, 999)}
    assert stored == set(acknowledged)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))
    try:
        await store.ping()
        print("A ping went through.")
    except Unavailable:
        pass
    assert len(await store.messages(conversation, 1, 999)) == len(acknowledged)
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    await store.ping()
    for number in range(200):
        added = await add(store, new(conversation, str(number), "x" * 5000))
        assert added.duplicate == (number in acknowledged)
    stored = await store.messages(conversation, 1, 999)
    assert [found.seq for found in stored] == list(range(1, 201))
    print("fine")
""",
        path,
    )

    assert child.communicate()[0] == "fine\n"
    assert child.returncode == 0
    assert is_sound(path)


async def test_every_commit_waits_for_the_disk(store: SQLiteStore) -> None:
    (mode,) = await store._write(lambda db: db.execute("PRAGMA synchronous").fetchone())
    (journal,) = await store._write(lambda db: db.execute("PRAGMA journal_mode").fetchone())

    assert (mode, journal) == (2, "wal")


async def test_calls_that_wait_together_share_a_commit(
    statements: list[tuple[int, str]], store: SQLiteStore
) -> None:
    conversation = await open_new_pair(store)
    gate = threading.Event()
    statements.clear()

    first = asyncio.ensure_future(store._write(lambda db: gate.wait()))
    sending = [asyncio.ensure_future(add(store, new(conversation, str(n)))) for n in range(50)]
    await asyncio.sleep(0)
    gate.set()
    await first
    seqs = [(await sent).message.seq for sent in sending]

    assert seqs == list(range(1, 51))
    assert [sql for _, sql in statements].count("COMMIT") <= 2


async def test_a_deleted_text_leaves_the_file(store: SQLiteStore, path: Path) -> None:
    conversation = await open_new_pair(store)
    secret = "the combination is 1-2-3-4-5"
    await add(store, new(conversation, "1", secret))
    await add(store, new(conversation, "2", secret * 200))

    for seq in (1, 2):
        await store.change_message(conversation, seq, deleted)
    await store.close()

    assert secret.encode() not in content(path)


async def test_a_backup_of_a_running_store_opens(
    store: SQLiteStore, path: Path, tmp_path: Path
) -> None:
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 100)
    copy = tmp_path / "copy.db"

    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)

    restored = SQLiteStore(str(copy))
    await restored.open()
    assert await restored.messages(conversation, 1, 999) == await store.messages(
        conversation, 1, 999
    )
    await restored.close()


# Other processes


async def test_a_write_waits_while_another_program_holds_the_lock(
    store: SQLiteStore, path: Path
) -> None:
    conversation = await open_new_pair(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        sending = asyncio.ensure_future(add(store, new(conversation)))

        assert await head(store, conversation) == 0
        assert not sending.done()
        other.execute("ROLLBACK")

        assert (await sending).message.seq == 1


async def test_a_lock_held_too_long_is_an_outage_of_writing_only(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sqlite_schema, "BUSY_TIMEOUT_SECONDS", 0.01)
    store = SQLiteStore(str(path))
    await store.open()
    conversation = await open_new_pair(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        for _ in range(3):
            with pytest.raises(Unavailable):
                await add(store, new(conversation))
            with pytest.raises(Unavailable):
                await store.ping()
        assert await open_pair(store) == conversation
        other.execute("ROLLBACK")

    assert not (await add(store, new(conversation))).duplicate
    assert len([record for record in caplog.records if "locked" in record.message]) == 1
    await store.close()


# Threads


async def test_sqlite_never_runs_in_the_thread_of_the_loop(
    statements: list[tuple[int, str]], path: Path
) -> None:
    store = SQLiteStore(str(path))
    await store.open()
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 3)
    await store.change_message(conversation, 1, deleted)
    await mark(store, conversation, BOB, read=2)
    await store.messages(conversation, 1, 3)
    await store.summaries(ANN, None, 10)
    await store.ping()
    await store.have_sessions_ended()
    await store.close()

    threads = {thread for thread, _ in statements}
    assert threads
    assert threading.get_ident() not in threads


async def test_a_full_queue_refuses_at_once(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = await open_new_pair(store)
    monkeypatch.setattr(sqlite_threads, "MAX_WAITING", 3)
    gate = threading.Event()
    waiting = [
        asyncio.ensure_future(store._write(lambda db: gate.wait())),
        *(asyncio.ensure_future(add(store, new(conversation, str(n)))) for n in range(2)),
    ]
    await asyncio.sleep(0)

    with pytest.raises(Unavailable):
        await add(store, new(conversation, "3"))

    gate.set()
    await asyncio.gather(*waiting)
    assert await head(store, conversation) == 2


async def test_a_job_that_fails_half_way_leaves_nothing_and_harms_no_other(
    store: SQLiteStore, caplog: pytest.LogCaptureFixture
) -> None:
    conversation = await open_new_pair(store)

    def half(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM members")
        db.execute("INSERT INTO pulse (beats) VALUES (NULL)")

    gate = threading.Event()
    blocking = asyncio.ensure_future(store._write(lambda db: gate.wait()))
    together = [
        asyncio.ensure_future(add(store, new(conversation, "1"))),
        asyncio.ensure_future(store._write(half)),
        asyncio.ensure_future(add(store, new(conversation, "2"))),
    ]
    await asyncio.sleep(0)
    gate.set()
    await blocking
    first, failed, second = await asyncio.gather(*together, return_exceptions=True)

    assert isinstance(first, Added)
    assert isinstance(second, Added)
    assert (first.message.seq, second.message.seq) == (1, 2)
    assert isinstance(failed, Internal)
    found = await store.conversation(conversation)
    assert found is not None
    assert len(found.members) == 2


async def test_a_bug_in_a_change_reaches_its_caller_only(
    store: SQLiteStore, caplog: pytest.LogCaptureFixture
) -> None:
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 1)

    def broken(message: Message) -> Message:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.change_message(conversation, 1, broken)
    with pytest.raises(NotFound):
        await store.change_message(conversation, 2, broken)
    await store.ping()


async def test_a_broken_connection_is_replaced(store: SQLiteStore) -> None:
    conversation = await open_new_pair(store)

    def fail(db: sqlite3.Connection) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise error

    for run in (store._write, store._read):
        with pytest.raises(Unavailable) as refusal:
            await run(fail)
        assert isinstance(refusal.value.__cause__, sqlite3.OperationalError)

    assert (await add(store, new(conversation))).message.seq == 1
    assert await head(store, conversation) == 1


async def test_a_file_replaced_by_another_programs_is_an_outage(
    store: SQLiteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def newer(path: str) -> None:
        raise StoreError

    monkeypatch.setattr(sqlite_schema, "_check_file", newer)
    with pytest.raises(Unavailable):
        await store._write(lambda db: db.execute("SELECT nonsense"))

    with pytest.raises(Unavailable):
        await store.ping()

    monkeypatch.undo()
    await store.ping()


def test_a_job_keeps_its_error() -> None:
    job = Job(lambda db: 1 // 0, asyncio.Future(loop=asyncio.new_event_loop()))
    job.future.get_loop().close()

    job.run(sqlite3.Connection(":memory:"))

    assert isinstance(job.error, ZeroDivisionError)


# Lists


async def test_members_of_more_than_50_are_left_out_of_lists(
    store: SQLiteStore, path: Path
) -> None:
    people = [UserId(f"_user{number:02}") for number in range(51)]
    await add_people(store, *people)
    conversations = [await open_pair(store, people[0], other) for other in people[1:3]]
    with closing(sqlite3.connect(path)) as db, db:
        for conversation, size in zip(conversations, (51, 50), strict=True):
            db.execute(
                "INSERT OR IGNORE INTO members (conversation, user)"
                " SELECT c.number, u.number FROM conversations c, users u"
                " WHERE c.id = ? AND u.username < ?",
                (conversation, f"user{size:02}"),
            )
    for conversation in conversations:
        await add(store, new(conversation, sender=people[0]))

    found = {
        summary.conversation.id: [member.user for member in summary.conversation.members]
        for summary in (await store.summaries(people[4], None, 10)).items
    }

    assert found == {conversations[0]: [people[4]], conversations[1]: people[:50]}
    assert await store.contacts(people[4]) == set(people[:50]) - {people[4]}
    assert await store.contacts(people[50]) == set()
    whole = await store.summary(conversations[0], people[4])
    assert whole is not None
    assert [member.user for member in whole.conversation.members] == people


async def test_lists_and_ranges_never_read_a_whole_table(
    statements: list[tuple[int, str]], path: Path
) -> None:
    store = SQLiteStore(str(path))
    await store.open()
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 3)
    await store.change_message(conversation, 1, deleted)
    statements.clear()
    await store.summaries(ANN, None, 10)
    await store.summary(conversation, ANN)
    await store.contacts(ANN)
    await store.messages(conversation, 1, 3)
    await store.changes(conversation, 0, 3)
    await store.find_users("b", 10, CEM)
    await store.users([ANN])
    await store.sessions(ANN)
    await store.highest_password_cost()
    await mark(store, conversation, BOB, read=2)
    await add_many(store, conversation, NOTED_TOGETHER, BOB)  # who is not known to write yet
    await store.close()

    kinds = ("SELECT", "UPDATE", "INSERT", "WITH")
    asked = [sql for _, sql in statements if sql.split()[0] in kinds]
    assert len(asked) >= 20
    with closing(sqlite3.connect(path)) as db:
        for query in asked:
            plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()]
            for table in (*TABLES, *"ucmrwk", "mine"):
                assert f"SCAN {table}" not in plan, (query, plan)


async def test_conversations_that_grow_in_step_are_noted_one_after_the_other(
    store: SQLiteStore, path: Path
) -> None:
    people = [UserId(f"_u{number}") for number in range(NOTED_TOGETHER)]
    await add_people(store, ANN, *people)
    conversations = [await open_pair(store, ANN, person) for person in people]
    noted: list[int] = []
    for number in range(3 * NOTED_TOGETHER):
        await store.add_messages(
            [new(conversation, f"key {number}") for conversation in conversations]
        )
        with closing(sqlite3.connect(path)) as db:
            noted += db.execute("SELECT count(*) FROM message_keys").fetchone()

    steps = [after - before for before, after in pairwise(noted)]
    assert set(steps[NOTED_TOGETHER:]) == {NOTED_TOGETHER}


# Prefixes


@pytest.mark.parametrize(
    ("prefix", "end"),
    [
        ("a", "b"),
        ("az", "a{"),
        ("\ud7ff", "\ue000"),
        ("a\U0010ffff", "b"),
        ("\U0010ffff", None),
        ("", None),
        ("%", "&"),
    ],
)
def test_the_end_of_a_prefix_is_the_next_text(prefix: str, end: str | None) -> None:
    assert after_prefix(prefix) == end


async def test_a_second_server_is_kept_away_until_the_first_has_gone(tmp_path: Path) -> None:
    path = str(tmp_path / "parley.db")
    first, second = SQLiteStore(path), SQLiteStore(path)
    await first.open()
    await second.open()
    await first.claim()

    with pytest.raises(StoreError, match="another server uses"):
        await second.claim()
    await second.close()
    await second.open()
    with pytest.raises(StoreError, match="another server uses"):
        await second.share()
    await second.close()
    await first.close()
    await second.open()
    await second.claim()
    await second.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there those who share hold no lock")
async def test_servers_that_share_keep_one_away_that_does_not(tmp_path: Path) -> None:
    path = str(tmp_path / "parley.db")
    sharing, alone = [SQLiteStore(path), SQLiteStore(path)], SQLiteStore(path)
    for each in sharing:
        await each.open()
        await each.share()

    for each in sharing:
        await alone.open()
        with pytest.raises(StoreError, match="another server uses"):
            await alone.claim()
        await alone.close()
        await each.close()
    await alone.open()
    await alone.claim()
    await alone.close()
