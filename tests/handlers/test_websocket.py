"""A WebSocket on a real socket: messages, pings, the end in all its ways, and the heartbeat."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from typing import Any

import pytest
import uvloop
from tornado.iostream import IOStream

from handlers.framing import BINARY, CLOSE, CONTINUATION, MAX_FRAMES, PING, PONG, TEXT
from handlers.websocket import BEATS, REST_SECONDS, SLOW_BYTES, Heartbeat, WebSocket, take_over
from tests.acceptance.client import encode_frame

SECONDS = 60.0
FILLING = 4_000_000
Check = Callable[[], Coroutine[Any, Any, None]]
Run = Callable[[Check], None]


class Echo(WebSocket):
    """Sends every message back, and remembers. What `answers` holds is done first."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str | bytes] = []
        self.answers: list[Awaitable[None] | Exception] = []
        self.ends: list[int] = []
        self.lost = asyncio.Event()

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        self.messages.append(message)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        is_text = isinstance(message, str)
        data = message.encode() if isinstance(message, str) else message
        self.write(encode_frame(TEXT if is_text else BINARY, data, masked=False))
        return answer

    def on_close(self) -> None:
        self.ends.append(self.close_code)
        self.lost.set()


class Peer:
    """The other end: bytes as they are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, opcode: int, payload: bytes = b"", **how: Any) -> None:
        self.writer.write(encode_frame(opcode, payload, **how))

    async def frame(self) -> tuple[int, bytes]:
        first, second = await self.reader.readexactly(2)
        assert first & 0xF0 == 0x80
        size = second
        if second == 126:
            size = int.from_bytes(await self.reader.readexactly(2), "big")
        elif second == 127:
            size = int.from_bytes(await self.reader.readexactly(8), "big")
        return first & 0x0F, await self.reader.readexactly(size)

    async def close_code(self) -> int:
        """The code of the close frame that comes next, after which comes the end."""
        opcode, payload = await self.frame()
        assert opcode == CLOSE
        return int.from_bytes(payload[:2], "big") if payload else 1005

    def stop_reading(self) -> None:
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]

    def go_on_reading(self) -> None:
        self.writer.transport.resume_reading()  # type: ignore[attr-defined]

    async def ended(self) -> bool:
        """Whether the socket ends without a further byte."""
        try:
            return await self.reader.read() == b""
        except ConnectionResetError:
            return True


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


def fill(echo: Echo) -> None:
    """Write more than the kernel takes."""
    echo.write(encode_frame(BINARY, bytes(FILLING - 10), masked=False))
    assert echo.backlog() > FILLING // 2


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 (nobody tells)
        await asyncio.sleep(0.01)


@asynccontextmanager
async def connected(*, starts: bool = True) -> AsyncIterator[tuple[Echo, Peer]]:
    """Connect an `Echo` and a peer; the kernel buffers little for either."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    ours = socket.socket()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with listening:
        ours.connect(listening.getsockname())
        theirs, _ = listening.accept()
    echo = Echo()
    await asyncio.get_running_loop().connect_accepted_socket(lambda: echo, theirs)
    reader, writer = await asyncio.open_connection(sock=ours, limit=1 << 20)
    if starts:
        echo.start()
    try:
        yield echo, Peer(reader, writer)
    finally:
        echo.abort()
        await echo.lost.wait()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def test_messages_come_and_go(run: Run) -> None:
    async def check() -> None:
        async with connected() as (echo, peer):
            for payload in (b"", b"hello", "ö𝄞".encode() * 20_000):
                peer.send(TEXT, payload)
                assert await peer.frame() == (TEXT, payload)
            peer.send(BINARY, b"\xff")
            assert await peer.frame() == (BINARY, b"\xff")
            peer.send(TEXT, b"in ", fin=False)
            peer.send(CONTINUATION, b"pieces")
            assert await peer.frame() == (TEXT, b"in pieces")
            assert echo.ends == []

    run(check)


def test_nothing_is_read_before_the_start_and_nothing_lost(run: Run) -> None:
    async def check() -> None:
        async with connected(starts=False) as (echo, peer):
            peer.send(TEXT, b"early")
            await peer.writer.drain()
            await asyncio.sleep(0.05)
            assert echo.messages == []

            echo.start()

            assert await peer.frame() == (TEXT, b"early")

    run(check)


def test_a_peer_that_leaves_before_the_start_is_noticed(run: Run) -> None:
    async def check() -> None:
        async with connected(starts=False) as (echo, peer):
            peer.writer.transport.abort()
            await asyncio.sleep(0.05)

            echo.start()
            await echo.lost.wait()

            assert echo.ends == [1006]
            assert echo.is_lost
            echo.start()
            echo.write(b"nothing")
            echo.close(1000)
            echo.abort()
            assert echo.backlog() == 0

    run(check)


def test_a_stream_of_tornado_is_taken_over_with_what_it_had_read(run: Run) -> None:
    async def check() -> None:
        ours, theirs = socket.socketpair()
        stream = IOStream(theirs)
        head = stream.read_until(b"\r\n\r\n")
        ours.sendall(
            b"GET\r\n\r\n" + encode_frame(TEXT, b"early") + encode_frame(TEXT, b"late")[:3]
        )
        assert await head == b"GET\r\n\r\n"
        stream.set_close_callback(lambda: None)  # has the stream listen
        echo = Echo()

        assert await take_over(stream, echo)
        echo.start()

        reader, writer = await asyncio.open_unix_connection(sock=ours)
        peer = Peer(reader, writer)
        assert await peer.frame() == (TEXT, b"early")
        assert stream.closed()
        stream.close()
        peer.send(CLOSE)
        assert echo.messages == ["early"]
        echo.abort()
        await echo.lost.wait()
        writer.close()
        assert not await take_over(stream, Echo())

    run(check)


def test_pings_are_answered_in_order_and_pongs_ignored(run: Run) -> None:
    async def check() -> None:
        async with connected() as (_, peer):
            peer.send(PONG, b"unasked")
            count = 5 * MAX_FRAMES
            peer.writer.write(b"".join(encode_frame(PING, b"%d" % i) for i in range(count)))
            for i in range(count):
                assert await peer.frame() == (PONG, b"%d" % i)

    run(check)


def test_a_ping_is_answered_before_the_message_after_it(run: Run) -> None:
    async def check() -> None:
        async with connected() as (_, peer):
            peer.writer.write(
                encode_frame(TEXT, b"in ", fin=False)
                + encode_frame(PING, b"there?")
                + encode_frame(CONTINUATION, b"pieces")
            )

            assert await peer.frame() == (PONG, b"there?")
            assert await peer.frame() == (TEXT, b"in pieces")

    run(check)


def test_who_sends_pings_and_does_not_read_costs_no_memory(run: Run) -> None:
    async def check() -> None:
        async with connected() as (echo, peer):
            peer.stop_reading()
            fill(echo)

            for i in range(1_000):
                peer.send(PING, b"%d" % i)
            peer.send(TEXT, b"")
            await until(lambda: echo.messages)

            assert echo.backlog() <= FILLING
            assert len(echo._pongs) < 10
            peer.go_on_reading()
            assert len((await peer.frame())[1]) == FILLING - 10
            assert await peer.frame() == (TEXT, b"")
            assert await peer.frame() == (PONG, b"999")

    run(check)


def test_a_flood_of_frames_leaves_turns_to_others(run: Run) -> None:
    async def check() -> None:
        async with connected() as (echo, peer):
            seen: list[int] = []
            frames = encode_frame(TEXT, b"") * (20 * MAX_FRAMES)

            def look() -> None:
                seen.append(len(echo.messages))
                if len(echo.messages) < 20 * MAX_FRAMES:
                    asyncio.get_running_loop().call_soon(look)

            peer.writer.write(frames)
            look()
            await until(lambda: len(echo.messages) == 20 * MAX_FRAMES)

            assert max(b - a for a, b in pairwise(seen)) <= 2 * MAX_FRAMES

    run(check)


def test_who_says_nothing_in_many_frames_is_read_slowly(run: Run) -> None:
    async def check() -> None:
        async with connected() as (_, peer):
            began = asyncio.get_running_loop().time()

            peer.send(TEXT, b"", fin=False)
            for _ in range(10 * MAX_FRAMES):
                peer.send(CONTINUATION, b"", fin=False)
            peer.send(CONTINUATION, b"crumbs")
            assert await peer.frame() == (TEXT, b"crumbs")

            assert asyncio.get_running_loop().time() - began > 5 * REST_SECONDS

    run(check)


def test_nothing_is_read_while_a_message_is_being_handled(run: Run) -> None:
    async def check() -> None:
        async with connected() as (echo, peer):
            done = asyncio.get_running_loop().create_future()
            echo.answers = [done]
            peer.writer.write(encode_frame(TEXT, b"1") + encode_frame(TEXT, b"2"))
            assert await peer.frame() == (TEXT, b"1")
            peer.send(TEXT, b"3")
            await asyncio.sleep(0.05)
            assert echo.messages == ["1"]

            done.set_result(None)

            assert await peer.frame() == (TEXT, b"2")
            assert await peer.frame() == (TEXT, b"3")

    run(check)


def test_a_bug_ends_the_connection_and_is_logged(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails() -> None:
        raise ZeroDivisionError

    async def check() -> None:
        for answer in (ZeroDivisionError(), fails()):
            async with connected() as (echo, peer):
                echo.answers = [answer]
                peer.writer.write(encode_frame(TEXT, b"1") + encode_frame(TEXT, b"2"))
                opcode, payload = await peer.frame()
                if opcode == TEXT:
                    opcode, payload = await peer.frame()
                assert (opcode, payload) == (CLOSE, struct.pack("!H", 1011))
                assert await peer.ended()
                peer.writer.close()
                await echo.lost.wait()
                assert (echo.messages, echo.ends) == (["1"], [1011])

    with caplog.at_level(logging.ERROR):
        run(check)

    assert len(caplog.records) == 2


def test_a_close_of_the_peer_is_answered_with_its_code(run: Run) -> None:
    async def check() -> None:
        for code, payload in ((1000, b"\x03\xe8bye"), (4999, b"\x13\x87"), (1005, b"")):
            async with connected() as (echo, peer):
                peer.writer.write(encode_frame(CLOSE, payload) + encode_frame(TEXT, b"late"))
                assert await peer.close_code() == code
                assert await peer.ended()
                await echo.lost.wait()
                assert (echo.messages, echo.ends) == ([], [code])

    run(check)


def test_a_close_of_ours_ends_with_the_peers_answer(run: Run) -> None:
    async def check() -> None:
        async with connected() as (echo, peer):
            echo.write(encode_frame(TEXT, b"last", masked=False))
            echo.close(4401, "logout")
            echo.close(1000, "again")
            echo.write(encode_frame(TEXT, b"too late", masked=False))
            assert await peer.frame() == (TEXT, b"last")
            assert await peer.frame() == (CLOSE, struct.pack("!H", 4401) + b"logout")
            peer.send(TEXT, b"crossed it")
            peer.send(PING)
            assert not echo.is_lost

            peer.send(CLOSE, struct.pack("!H", 4401))

            assert await peer.ended()
            await echo.lost.wait()
            assert (echo.messages, echo.ends) == ([], [4401])

    run(check)


def test_a_peer_that_does_not_answer_a_close_is_dropped(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.websocket.CLOSE_SECONDS", 0.1)

    async def check() -> None:
        async with connected() as (echo, peer):
            echo.close(1012)
            assert await peer.close_code() == 1012
            await echo.lost.wait()
            assert await peer.ended()
            assert echo.ends == [1012]

    run(check)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (encode_frame(TEXT, b"\xff"), 1007),
        (encode_frame(TEXT, b"x", masked=False), 1002),
        (encode_frame(CLOSE, b"\x03"), 1002),
        (b"\x81\xff" + struct.pack("!Q", 1 << 30), 1009),
    ],
    ids=["not UTF-8", "not masked", "half a code", "too long"],
)
def test_a_violation_is_told_before_the_end_though_more_is_being_sent(
    run: Run, data: bytes, code: int
) -> None:
    async def check() -> None:
        async with connected() as (echo, peer):
            peer.writer.write(encode_frame(PING, b"!") + data + b"x" * 3_000_000)
            assert await peer.frame() == (PONG, b"!")
            assert await peer.close_code() == code
            assert await peer.ended()
            peer.writer.close()
            await echo.lost.wait()
            assert (echo.messages, echo.ends) == ([], [code])

    run(check)


def test_a_violator_that_does_not_go_is_dropped(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.websocket.CLOSE_SECONDS", 0.1)

    async def check() -> None:
        async with connected() as (echo, peer):
            peer.send(3)
            assert await peer.close_code() == 1002
            await echo.lost.wait()
            assert echo.ends == [1002]

    run(check)


def test_who_closes_without_reading_is_dropped(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.websocket.CLOSE_SECONDS", 0.1)

    async def check() -> None:
        async with connected() as (echo, peer):
            peer.stop_reading()
            fill(echo)

            peer.send(CLOSE)
            await echo.lost.wait()

            assert echo.ends == [1005]

    run(check)


def test_an_end_without_a_close_is_abnormal(run: Run) -> None:
    async def check() -> None:
        for leave in ("abort", "close", "write_eof"):
            async with connected() as (echo, peer):
                getattr(peer.writer.transport, leave)()
                await echo.lost.wait()
                assert echo.ends == [1006]

    run(check)


def test_abort_drops_what_is_queued_in_the_kernel_too(run: Run) -> None:
    async def check() -> None:
        async with connected() as (echo, peer):
            peer.stop_reading()
            fill(echo)

            echo.abort()
            await echo.lost.wait()

            assert echo.ends == [1006]
            peer.go_on_reading()
            with pytest.raises(ConnectionResetError):
                await peer.reader.read()

    run(check)


def test_who_shows_life_stays_and_who_does_not_is_dropped_in_time(run: Run) -> None:
    async def check() -> None:
        heartbeat = Heartbeat(2.0, 1.0)
        loop = asyncio.get_running_loop()
        async with connected() as (living, peer), connected() as (dead, mute):
            heartbeat.add(living)
            heartbeat.add(dead)
            start = loop.time()
            answering = asyncio.create_task(_answer_pings(peer, 2))
            assert await mute.frame() == (PING, b"")

            await dead.lost.wait()

            assert loop.time() - start > 0.9
            assert dead.ends == [1006]
            await answering  # it is asked again and again
            assert not living.is_lost
        assert not any(heartbeat._connections)

    run(check)


async def _answer_pings(peer: Peer, times: int) -> None:
    for _ in range(times):
        assert await peer.frame() == (PING, b"")
        peer.send(PONG)


def test_anything_that_arrives_is_a_sign_of_life(run: Run) -> None:
    async def check() -> None:
        async with connected() as (echo, peer):
            echo.ping()
            peer.send(TEXT, b"here")
            await until(lambda: echo.messages)
            echo.check()
            assert not echo.is_lost

            echo.ping()
            echo.check()
            await echo.lost.wait()

    run(check)


def test_on_a_slow_link_what_arrives_there_is_a_sign_of_life(run: Run) -> None:
    async def check() -> None:
        async with connected() as (echo, peer):
            peer.stop_reading()
            fill(echo)
            before = echo.backlog()
            echo.ping()
            assert echo.backlog() == before  # no ping behind all that
            peer.go_on_reading()
            await until(lambda: echo.backlog() < before)
            peer.stop_reading()
            echo.check()
            assert not echo.is_lost

            fill(echo)
            await asyncio.sleep(0.1)  # until the kernel takes no more
            echo.ping()
            echo.check()
            await echo.lost.wait()
            assert echo.ends == [1006]

    run(check)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_what_the_kernel_still_has_to_send_counts_too(run: Run) -> None:
    async def check() -> None:
        async with connected() as (echo, peer):
            peer.stop_reading()
            theirs = echo._transport.get_extra_info("socket")
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 17)
            while echo._unsent() <= SLOW_BYTES:  # the peer's kernel takes no more
                echo.write(encode_frame(BINARY, bytes(990), masked=False))
            assert echo.backlog() == 0

            echo.ping()
            peer.go_on_reading()
            await until(lambda: not echo._unsent())
            echo.check()
            assert not echo.is_lost

            echo.ping()  # and there is nothing on the way any more
            echo.check()
            await echo.lost.wait()

    run(check)


def test_a_message_that_is_never_complete_ends_the_connection(run: Run) -> None:
    async def check() -> None:
        async with connected() as (echo, peer):
            peer.send(TEXT, b"never", fin=False)
            assert not echo.messages
            for _ in range(4):
                peer.send(PING, b"more to come")
                assert await peer.frame() == (PONG, b"more to come")
                echo.ping()
                assert await peer.frame() == (PING, b"")
                assert not echo.ends
            echo.ping()
            await echo.lost.wait()
            assert echo.ends == [1006]

    run(check)


def test_a_process_that_stood_still_reads_before_it_judges(run: Run) -> None:
    async def check() -> None:
        async with connected() as (echo, _):
            heartbeat = Heartbeat(1200, 800)  # no beat comes by itself
            heartbeat.add(echo)
            echo.ping()
            heartbeat._beat = heartbeat._next_place + heartbeat._timeout_beats - 1

            heartbeat._due -= 30
            heartbeat._tick()
            await asyncio.sleep(0.05)
            assert not echo.is_lost

            heartbeat._tick()
            await echo.lost.wait()
            assert heartbeat._timer is not None
            heartbeat._timer.cancel()

    run(check)


def test_connections_that_come_at_once_are_not_pinged_at_once(run: Run) -> None:
    async def check() -> None:
        heartbeat = Heartbeat(12, 8)
        echoes = [Echo() for _ in range(480)]
        for echo in echoes:
            heartbeat.add(echo)

        assert {len(each) for each in heartbeat._connections} == {len(echoes) // BEATS}
        assert heartbeat._timer is not None
        heartbeat._timer.cancel()

    run(check)
