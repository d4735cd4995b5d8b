"""Connections are let in a few at a time, and none for a moment where files have run out."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import select
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from handlers.accepting import ENTERING_AT_ONCE, HEARD_AT_ONCE, LOOK_SECONDS, Acceptor

SECONDS = 60.0
linux = pytest.mark.skipif(
    not hasattr(select, "epoll"), reason="who has asked is known on Linux only"
)
Check = Callable[[], Coroutine[Any, Any, None]]
Run = Callable[[Check], None]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine on either loop, within a time."""

    def run(check: Check) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(SECONDS):
                await check()

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(bounded())

    return run


class Listening(socket.socket):
    """Listens on a free port; cannot accept for as long as `error` is set."""

    def __init__(self, backlog: int = 100) -> None:
        super().__init__()
        self.bind(("127.0.0.1", 0))
        self.listen(backlog)
        self.setblocking(False)
        self.error: OSError | None = None
        self.failures: asyncio.Queue[None] = asyncio.Queue()

    def accept(self) -> tuple[socket.socket, Any]:
        if self.error is not None:
            self.failures.put_nowait(None)
            raise self.error
        return super().accept()

    def connect_many(self, count: int, says: bytes = b"GET") -> list[socket.socket]:
        """The other ends of so many connections that wait to be accepted."""
        found = [socket.create_connection(self.getsockname()) for _ in range(count)]
        for each in found:
            each.sendall(says)
        return found


class House:
    """Keeps whoever was let in."""

    def __init__(self, max_files: int | None = None) -> None:
        self.inside: list[socket.socket] = []
        self._came: asyncio.Queue[None] = asyncio.Queue()
        self.is_busy = False
        self.door = Acceptor(self._accepted, max_files, lambda: self.is_busy)

    def _accepted(self, connection: socket.socket, address: Any) -> socket.socket:
        self.inside.append(connection)
        self._came.put_nowait(None)
        return connection

    async def full(self, count: int) -> None:
        for _ in range(count):
            await self._came.get()

    def clear(self) -> None:
        self.door.close()
        for connection in self.inside:
            connection.close()


def close(sockets: list[socket.socket]) -> None:
    for each in sockets:
        each.close()


def test_the_next_comes_in_when_one_has_been_answered(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.accepting.ENTRY_SECONDS", 2 * SECONDS)

    async def check() -> None:
        listening, house = Listening(), House()
        waiting = listening.connect_many(3 * ENTERING_AT_ONCE)
        house.door.add([listening])
        await house.full(ENTERING_AT_ONCE)

        for count, who in enumerate(waiting[ENTERING_AT_ONCE:], ENTERING_AT_ONCE):
            assert len(house.inside) == count
            house.door.entered(house.inside[count - ENTERING_AT_ONCE])
            house.door.entered(who)  # is none of those who come in
            await house.full(1)

        house.clear()
        close(waiting)

    run(check)


def test_who_is_inside_and_waits_comes_first_for_a_while(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check() -> None:
        listening, house = Listening(), House()
        waiting = listening.connect_many(3 * ENTERING_AT_ONCE)
        house.is_busy = True
        house.door.add([listening])
        await house.full(2 * ENTERING_AT_ONCE)  # no longer than for a while

        monkeypatch.setattr("handlers.accepting.GIVE_WAY_SECONDS", 2 * SECONDS)
        monkeypatch.setattr("handlers.accepting.ENTRY_SECONDS", 0.0)
        inside = len(house.inside)
        for who in house.inside:
            house.door.entered(who)
        looked = asyncio.Event()
        asyncio.get_running_loop().call_later(5 * LOOK_SECONDS, looked.set)
        await looked.wait()
        assert len(house.inside) == inside

        house.is_busy = False
        await house.full(len(waiting) - inside)
        house.clear()
        close(waiting)

    run(check)


def test_who_waits_to_be_let_in_has_been_accepted(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.accepting.ENTRY_SECONDS", 2 * SECONDS)

    async def check() -> None:
        listening, house = Listening(backlog=1), House()
        house.door.add([listening])
        loop = asyncio.get_running_loop()
        waiting = [socket.socket() for _ in range(50)]
        for each in waiting:
            each.setblocking(False)

        # More than the kernel keeps: it would ignore some of them for as long as nobody accepts.
        await asyncio.gather(
            *(loop.sock_connect(each, listening.getsockname()) for each in waiting)
        )

        assert len(house.inside) <= ENTERING_AT_ONCE
        house.clear()
        close(waiting)

    run(check)


@linux
def test_who_has_not_asked_waits_outside_and_comes_in_when_he_asks(run: Run) -> None:
    async def check() -> None:
        listening, house = Listening(), House()
        silent = listening.connect_many(30, says=b"")
        house.door.add([listening])
        asking = listening.connect_many(1)
        await house.full(1)
        assert asking[0].getsockname() == house.inside[0].getpeername()

        for who in reversed(silent):
            who.sendall(b"GET")
            house.door.entered(house.inside[-1])
            await house.full(1)
            assert who.getsockname() == house.inside[-1].getpeername()

        house.clear()
        close(silent + asking)

    run(check)


@linux
def test_all_who_ask_at_once_come_in(run: Run) -> None:
    async def check() -> None:
        listening, house = Listening(backlog=500), House()
        waiting = listening.connect_many(3 * HEARD_AT_ONCE, says=b"")
        last = listening.connect_many(1)
        house.door.add([listening])
        await house.full(1)
        assert last[0].getsockname() == house.inside[0].getpeername()

        for who in waiting:
            who.sendall(b"GET")
        for place in range(len(waiting)):
            house.door.entered(house.inside[place])
            await house.full(1)

        came = {each.getpeername() for each in house.inside[1:]}
        assert came == {each.getsockname() for each in waiting}
        house.clear()
        close(waiting + last)

    run(check)


@linux
def test_who_cannot_be_watched_comes_in(run: Run) -> None:
    class Full:
        """An epoll of a system that has no room for more watches."""

        closed = False

        def __init__(self) -> None:
            self._epoll = select.epoll()
            self.fileno, self.close = self._epoll.fileno, self._epoll.close

        def register(self, *_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def check() -> None:
        listening, house = Listening(), House()
        house.door._watch = Full()  # type: ignore[assignment]
        waiting = listening.connect_many(2, says=b"")
        house.door.add([listening])

        await house.full(2)

        house.clear()
        close(waiting)

    run(check)


@linux
def test_who_stays_silent_is_sent_away_and_nobody_else(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.accepting.SILENT_SECONDS", 0.0)
    monkeypatch.setattr("handlers.accepting.SWEEP_SECONDS", 0.01)
    monkeypatch.setattr("handlers.accepting.ENTRY_SECONDS", 2 * SECONDS)

    async def check() -> None:
        listening, house = Listening(), House()
        asking = listening.connect_many(3)
        silent = listening.connect_many(3, says=b"")
        house.door.add([listening])

        for who in silent:
            who.setblocking(False)
            assert await asyncio.get_running_loop().sock_recv(who, 1) == b""

        for place in range(len(asking)):
            await house.full(1)
            house.door.entered(house.inside[place])
        house.clear()
        close(asking + silent)

    run(check)


@linux
def test_where_the_door_is_full_those_silent_for_long_make_room(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.accepting.MAX_AT_DOOR", 5)
    monkeypatch.setattr("handlers.accepting.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("handlers.accepting.SILENT_SECONDS_IF_FULL", 0.1)

    async def check() -> None:
        listening, house = Listening(), House()
        silent = listening.connect_many(20, says=b"")
        house.door.add([listening])
        asking = listening.connect_many(1)
        await house.full(1)

        assert asking[0].getsockname() == house.inside[0].getpeername()
        silent[0].setblocking(False)
        assert await asyncio.get_running_loop().sock_recv(silent[0], 1) == b""
        house.clear()
        close(silent + asking)

    run(check)


def test_a_flood_at_the_door_is_left_to_the_kernel(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.accepting.ENTRY_SECONDS", 2 * SECONDS)
    monkeypatch.setattr("handlers.accepting.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("handlers.accepting.MAX_AT_DOOR", 5)
    accepted = 0

    class Counting(Listening):
        def accept(self) -> tuple[socket.socket, Any]:
            nonlocal accepted
            found = super().accept()
            accepted += 1
            return found

    async def check() -> None:
        listening, house = Counting(), House()
        waiting = listening.connect_many(40)
        house.door.add([listening])
        await house.full(ENTERING_AT_ONCE)
        at_first = accepted

        for place in range(30):
            house.door.entered(house.inside[place])
            await house.full(1)

        assert at_first <= 5 + 2 * ENTERING_AT_ONCE
        assert accepted <= len(house.inside) + 5 + ENTERING_AT_ONCE
        house.clear()
        close(waiting)

    run(check)


def test_who_is_not_answered_holds_up_nobody(run: Run) -> None:
    async def check() -> None:
        listening, house = Listening(), House()
        waiting = listening.connect_many(5 * ENTERING_AT_ONCE)

        house.door.add([listening])
        await house.full(len(waiting))

        for connection in house.inside:
            house.door.entered(connection)
        late = listening.connect_many(1)
        await house.full(1)
        house.clear()
        close(waiting + late)

    run(check)


def test_connections_are_taken_from_every_socket(run: Run) -> None:
    async def check() -> None:
        one, other, house = Listening(), Listening(), House()
        house.door.add([one, other])

        waiting = one.connect_many(3) + other.connect_many(3)
        await house.full(6)

        house.clear()
        close(waiting)

    run(check)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_without_files_it_waits_says_so_once_and_goes_on_by_itself(
    run: Run, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def check() -> None:
        listening, house = Listening(), House()
        listening.error = OSError(number, os.strerror(number))
        waiting = listening.connect_many(1)
        house.door.add([listening])
        for _ in range(3):
            await listening.failures.get()

        listening.error = None
        await house.full(1)

        house.clear()
        close(waiting)

    with caplog.at_level(logging.INFO):
        run(check)

    [said] = [record.getMessage() for record in caplog.records if record.name == "parley.http"]
    assert os.strerror(number) in said
    assert "ulimit -n" in said


def test_without_files_nothing_is_tried_until_the_pause_is_over(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.accepting.PAUSE_SECONDS", 60.0)

    async def check() -> None:
        listening, house = Listening(), House()
        listening.error = OSError(errno.EMFILE, "Too many open files")
        waiting = listening.connect_many(1)
        house.door.add([listening])
        await listening.failures.get()

        for _ in range(100):  # turns of the loop, in each of which somebody waits
            await asyncio.sleep(0)

        assert listening.failures.empty()
        house.clear()
        close(waiting)

    run(check)


def test_the_last_files_are_left_to_the_server(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async def check() -> None:
        listening, house = Listening(), House(max_files=1)
        [waiting] = listening.connect_many(1, says=b"")
        waiting.setblocking(False)

        house.door.add([listening])

        assert await asyncio.get_running_loop().sock_recv(waiting, 1) == b""
        assert not house.inside
        house.clear()
        waiting.close()

    run(check)
    assert "Too many open files" in caplog.text


@pytest.mark.parametrize("error", [None, OSError(errno.EMFILE, "Too many open files")])
def test_once_closed_nobody_comes_in_any_more(run: Run, error: OSError | None) -> None:
    async def check() -> None:
        listening, house = Listening(), House()
        listening.error = error
        address = listening.getsockname()
        waiting = listening.connect_many(ENTERING_AT_ONCE)
        house.door.add([listening])
        if error is None:
            await house.full(ENTERING_AT_ONCE)
        else:
            await listening.failures.get()

        house.door.close()
        house.door.close()
        for connection in house.inside:
            house.door.entered(connection)

        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)
        house.clear()
        close(waiting)

    run(check)
