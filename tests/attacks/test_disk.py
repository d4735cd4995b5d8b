"""SQLite on disks as they are: slow, full, broken, locked, copied; and files that are no good.

The system calls of the real server are watched, and made to fail, with strace.
"""

import asyncio
import re
import resource
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from tests.acceptance.client import Connection, World, http
from tests.acceptance.process import ServerProcess, run_parley

WRITES = "pwrite64,fdatasync,write,writev,sendto,sendmsg"
WAL = "parley.db-wal>"


@contextmanager
def strace(server: ServerProcess, *arguments: str) -> Iterator[None]:
    """Trace a running server, all of its threads."""
    command = ["strace", "-f", *arguments, "-p", str(server.pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        try:
            assert tracer.stderr is not None
            line = tracer.stderr.readline()
            assert "attached" in line, line
            yield
        finally:
            tracer.send_signal(signal.SIGINT)  # it lets go of the server
            tracer.communicate()


@pytest.fixture
def server(own_server: ServerProcess) -> ServerProcess:
    return own_server.start()


def database_of(server: ServerProcess) -> Path:
    return server.data_dir / "parley.db"


def is_sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as db:
        return bool(db.execute("PRAGMA integrity_check").fetchone() == ("ok",))


async def texts(connection: Connection, conversation: str) -> list[str]:
    messages = (await connection.history(conversation, limit=200))["messages"]
    assert [each["seq"] for each in messages] == list(range(1, len(messages) + 1))
    return [each["text"] for each in messages]


async def until_readiness(server: ServerProcess, status: int) -> None:
    while (await http(server, "GET", "/readyz")).status != status:  # noqa: ASYNC110 (nobody tells)
        await asyncio.sleep(0.05)


# 26


async def test_a_message_is_acknowledged_after_it_was_synced(
    server: ServerProcess, world: World, tmp_path: Path
) -> None:
    ann, _, conversation = await world.couple()
    trace = tmp_path / "trace"
    count = 10

    with strace(server, "-y", "-s", "400", "-e", f"trace={WRITES}", "-o", str(trace)):
        for number in range(count):
            await ann.send(conversation, "hello", f"traced-{number}")

    wrote: set[int] = set()  # calls that one line begins and another ends, by their threads
    written = synced = False
    acknowledged = 0
    for line in trace.read_text("utf-8", "replace").splitlines():
        thread = int(line.split(maxsplit=1)[0])
        if "pwrite64(" in line and WAL in line:
            written = True  # perhaps also by a commit of something else in between
        elif "fdatasync(" in line and WAL in line and "unfinished" in line:
            wrote.add(thread)
        elif ("fdatasync(" in line and WAL in line) or (
            "fdatasync resumed" in line and thread in wrote
        ):
            wrote.discard(thread)
            synced |= written and line.endswith("= 0")
        elif found := re.search(r'\\"type\\":\\"sent\\".*\\"traced-(\d+)\\"', line):
            assert int(found[1]) == acknowledged
            assert synced, line
            written = synced = False
            acknowledged += 1
    assert acknowledged == count


# 23, 24, 25


@contextmanager
def full(server: ServerProcess) -> Iterator[None]:
    """No file may become longer, as on a full disk."""
    limits = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, limits)


def failing(injected: str) -> Callable[[ServerProcess], AbstractContextManager[None]]:
    return lambda server: strace(server, "-o", "/dev/null", "-e", f"inject={injected}")


BROKEN: dict[str, Callable[[ServerProcess], AbstractContextManager[None]]] = {
    "full": full,
    "no space for a write": failing("pwrite64:error=ENOSPC"),
    "an error of a write": failing("pwrite64:error=EIO"),
    "an error of a sync": failing("fdatasync,fsync:error=EIO"),
}


async def test_nothing_is_acknowledged_that_a_broken_disk_did_not_take(
    server: ServerProcess, world: World
) -> None:
    ann, bob, conversation = await world.couple()
    stored = ["hello"]

    for number, broken in enumerate(BROKEN.values()):
        keys = [f"{number}-{n}" for n in range(3)]
        with broken(server):
            for key in keys:
                await ann.refused(
                    "unavailable", "send", conversation=conversation, client_id=key, text=key
                )
                await bob.flush()  # the loop turns
            assert await texts(bob, conversation) == stored
            assert (await http(server, "GET", "/healthz")).status == 200
            await until_readiness(server, 503)
        await until_readiness(server, 200)
        for key in keys:
            await ann.send(conversation, key, key)
        stored += keys
        assert await texts(bob, conversation) == stored

    server.kill()
    assert is_sound(database_of(server))
    server.start()
    assert await texts(await world.people[bob.user_id].connect(), conversation) == stored


async def test_a_slow_disk_makes_sends_late_and_nothing_else(
    server: ServerProcess, world: World
) -> None:
    ann, bob, conversation = await world.couple()

    with strace(server, "-o", "/dev/null", "-e", "inject=fdatasync:delay_enter=3000000"):
        sending = [
            ann.start("send", conversation=conversation, client_id=f"{n}", text=f"{n}")
            for n in range(40)
        ]
        await bob.flush()
        assert not any(each.done() for each in sending)
        answers = await asyncio.gather(*sending)

    assert [each["seq"] for each in answers] == list(range(2, 42))
    assert await texts(bob, conversation) == ["hello", *(f"{n}" for n in range(40))]


# 27


async def test_a_database_locked_by_another_program_is_an_outage_of_writing_only(
    server: ServerProcess, world: World
) -> None:
    ann, bob, conversation = await world.couple()
    with closing(sqlite3.connect(database_of(server), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")

        sending = ann.start("send", conversation=conversation, client_id="locked", text="late")
        while not sending.done():
            await bob.flush()  # the loop turns
            assert await texts(bob, conversation) == ["hello"]
        assert (await sending)["code"] == "unavailable"
        other.execute("ROLLBACK")

    await ann.send(conversation, "late", "locked")
    assert await texts(bob, conversation) == ["hello", "late"]


# 28


def spoil(path: Path) -> None:
    path.write_bytes(bytes(4096) + path.read_bytes()[4096:])


def make_newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 999")


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def test_a_file_that_is_no_good_is_refused_in_one_line_and_left_as_it_was(tmp_path: Path) -> None:
    run_parley("user", "list", "--data-dir", str(tmp_path), cwd=tmp_path)  # makes one
    good = (tmp_path / "parley.db").read_bytes()

    for harm in (spoil, make_newer, make_folder):
        folder = tmp_path / harm.__name__
        folder.mkdir()
        path = folder / "parley.db"
        path.write_bytes(good)
        harm(path)
        before = path.read_bytes() if path.is_file() else None

        done = run_parley("--port", "0", "--data-dir", str(folder), cwd=tmp_path)

        assert done.returncode == 2, (harm, done)
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert "parley.db" in done.stderr
        assert (path.read_bytes() if path.is_file() else None) == before


# 29


async def test_a_copy_made_while_people_write_holds_all_that_was_acknowledged(
    server: ServerProcess, world: World, tmp_path: Path
) -> None:
    ann, _, conversation = await world.couple()
    acknowledged: list[str] = []
    has_begun = asyncio.Event()
    is_writing = True

    async def write() -> None:
        while is_writing:
            text = f"{len(acknowledged)}"
            await ann.send(conversation, text)
            acknowledged.append(text)
            if len(acknowledged) == 50:
                has_begun.set()

    def copy() -> None:
        with closing(sqlite3.connect(database_of(server))) as db:
            db.execute("VACUUM INTO ?", [str(tmp_path / "copy.db")])

    writing = asyncio.create_task(write())
    await has_begun.wait()
    before = ["hello", *acknowledged]
    await asyncio.to_thread(copy)
    is_writing = False
    await writing

    restored = ServerProcess(tmp_path / "restored", "--store", f"sqlite:{tmp_path / 'copy.db'}")
    restored.start()
    try:
        there = World(restored)
        reader = await there.connect(world.people[ann.user_id].token)
        await reader.do("sync")
        held = await texts(reader, conversation)
        assert held[: len(before)] == before
        await there.close()
        restored.stop()
    finally:
        restored.kill()
