"""Frames gather for a turn of the loop, and a slow reader is cut off, not waited for."""

import asyncio
from collections.abc import Callable

from chat.connections import MAX_BACKLOG_BYTES, Connection, Flusher
from chat.metrics import Metrics
from chat.models import SessionId, UserId
from chat.protocol import TOO_SLOW


class Wire:
    """A transport that remembers; `stuck` is what the kernel does not take."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.aborted = False
        self.stuck = 0
        self.wrote = asyncio.Event()
        self.on_close: Callable[[], None] = lambda: None

    def write(self, data: bytes) -> None:
        self.written.append(data)
        self.wrote.set()

    def backlog(self) -> int:
        return self.stuck

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)
        self.on_close()

    def abort(self) -> None:
        self.aborted = True


def connect(wire: Wire) -> Connection:
    return Connection("c1", UserId("_u"), SessionId("s"), wire, Flusher(Metrics()))


async def turn() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def test_frames_of_one_turn_are_one_write() -> None:
    async def check() -> None:
        wire = Wire()
        connection = connect(wire)
        connection.start(b"hello")
        await turn()

        for frame in (b"1", b"2", b"3"):
            connection.send(frame)
        assert wire.written == [b"hello"]
        await turn()

        assert wire.written == [b"hello", b"123"]

    asyncio.run(check())


def test_what_comes_before_the_start_comes_after_the_first_frame() -> None:
    async def check() -> None:
        wire = Wire()
        connection = connect(wire)
        connection.send(b"early")
        await turn()
        assert wire.written == []

        connection.start(b"hello ")
        await turn()

        assert wire.written == [b"hello early"]

    asyncio.run(check())


def test_closing_writes_what_has_gathered_and_nothing_more() -> None:
    async def check() -> None:
        wire = Wire()
        connection = connect(wire)
        connection.start(b"hello ")
        connection.send(b"last")

        connection.close(4401, "logout")
        connection.send(b"late")
        connection.close(1000)
        await turn()

        assert wire.written == [b"hello last"]
        assert wire.closed == (4401, "logout")

    asyncio.run(check())


def test_dropping_writes_nothing() -> None:
    async def check() -> None:
        wire = Wire()
        connection = connect(wire)
        connection.send(b"event")

        connection.drop(4429, "")
        await turn()

        assert wire.written == []
        assert wire.closed == (4429, "")

    asyncio.run(check())


def test_a_reader_that_does_not_keep_up_is_cut_off() -> None:
    async def check() -> None:
        wire = Wire()
        connection = connect(wire)
        connection.start(b"")
        await turn()
        wire.stuck = MAX_BACKLOG_BYTES - 10

        connection.send(b"x" * 10)
        await turn()
        assert wire.closed is None
        connection.send(b"x" * 11)
        await turn()

        assert wire.closed is not None
        assert wire.closed[0] == TOO_SLOW
        assert wire.aborted
        assert wire.written == [b"", b"x" * 10]

    asyncio.run(check())


def test_one_answer_larger_than_the_bound_reaches_a_reader_that_keeps_up() -> None:
    async def check() -> None:
        wire = Wire()
        connection = connect(wire)
        connection.start(b"")
        await turn()

        connection.send(b"x" * (MAX_BACKLOG_BYTES + 1))
        await turn()

        assert wire.closed is None

    asyncio.run(check())
