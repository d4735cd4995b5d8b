"""The HTTP server on a real socket: what is too large, too slow, or still to be answered."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop
from tornado.web import Application, RequestHandler

from handlers.base import DEFAULT_HEADERS
from handlers.http import HTTPServer

SECONDS = 60.0
MAX_HEADER_BYTES = 16 * 1024
MAX_BODY_BYTES = 100_000
Check = Callable[["House"], Coroutine[Any, Any, None]]
Run = Callable[..., None]


class Echo(RequestHandler):
    def post(self) -> None:
        self.write(str(len(self.request.body)))


class Slow(RequestHandler):
    """Answers when the test lets it."""

    async def get(self) -> None:
        self.settings["began"].set()
        await self.settings["may_answer"].wait()
        self.write("at last")


class House:
    """A server, and connections to it."""

    def __init__(self, request_seconds: float) -> None:
        self.began, self.may_answer = asyncio.Event(), asyncio.Event()
        routes = [(r"/", Echo), (r"/slow", Slow)]
        self.server = HTTPServer(
            Application(routes, began=self.began, may_answer=self.may_answer),
            max_header_size=MAX_HEADER_BYTES,
            max_buffer_size=256 * 1024,
            max_body_size=MAX_BODY_BYTES,
            idle_connection_timeout=request_seconds,
            body_timeout=request_seconds,
        )
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setblocking(False)
        self.address = listening.getsockname()
        self.server.add_sockets([listening])

    async def visit(self) -> Visitor:
        return Visitor(*await asyncio.open_connection(*self.address))

    async def close(self) -> None:
        self.server.stop()
        await self.server.close_all_connections()


class Visitor:
    """A client that sends bytes as they are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *lines: str, body: bytes = b"") -> None:
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.rstrip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        body = await self.reader.readexactly(int(headers["Content-Length"]))
        return int(first.split()[1]), headers, body

    async def ended(self) -> bool:
        """Whether the connection ends without a further byte."""
        return await self.reader.read() == b""

    def close(self) -> None:
        self.writer.close()


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine with a server, on either loop, within a time."""

    def run(check: Check, request_seconds: float = SECONDS) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(SECONDS):
                house = House(request_seconds)
                await check(house)
                await house.close()

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(bounded())

    return run


def assert_is_refusal(
    answer: tuple[int, dict[str, str], bytes], status: int, code: str = "too_large"
) -> None:
    assert answer[0] == status
    assert answer[1]["Content-Type"] == "application/json"
    assert answer[1]["Connection"] == "close"
    assert answer[1].items() >= DEFAULT_HEADERS.items()
    assert json.loads(answer[2])["error"]["code"] == code


@pytest.mark.parametrize("size", [MAX_HEADER_BYTES + 1, 60_000, 2_000_000])
def test_a_header_over_the_limit_is_told_so(run: Run, size: int) -> None:
    async def check(house: House) -> None:
        visitor = await house.visit()

        visitor.send("GET / HTTP/1.1", "Host: x", f"X-Long: {'x' * size}")

        assert_is_refusal(await visitor.answer(), 431)
        assert await visitor.ended()
        visitor.close()

    run(check)


def test_a_header_that_never_ends_is_told_so(run: Run) -> None:
    async def check(house: House) -> None:
        visitor = await house.visit()

        visitor.writer.write(b"GET /" + b"x" * 2 * MAX_HEADER_BYTES)

        assert_is_refusal(await visitor.answer(), 431)
        visitor.close()

    run(check)


def test_a_header_below_the_limit_is_taken(run: Run) -> None:
    async def check(house: House) -> None:
        visitor = await house.visit()

        filler = f"X-Long: {'x' * (MAX_HEADER_BYTES - 200)}"
        visitor.send("POST / HTTP/1.1", "Host: x", filler, "Content-Length: 0")

        assert (await visitor.answer())[0] == 200
        visitor.close()

    run(check)


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 5_000_000])
def test_a_body_that_is_declared_too_long_is_told_so(run: Run, size: int) -> None:
    async def check(house: House) -> None:
        visitor = await house.visit()

        visitor.send("POST / HTTP/1.1", "Host: x", f"Content-Length: {size}", body=b"x" * size)

        assert_is_refusal(await visitor.answer(), 413)
        assert await visitor.ended()
        visitor.close()

    run(check)


@pytest.mark.parametrize("size", [1_000, 65_536, 3_000_000])
def test_a_body_that_grows_too_long_in_chunks_is_told_so(run: Run, size: int) -> None:
    async def check(house: House) -> None:
        visitor = await house.visit()
        chunk = b"%x\r\n%s\r\n" % (size, b"x" * size)

        visitor.send("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked")
        visitor.writer.write(chunk * (2 * MAX_BODY_BYTES // size + 1))

        assert_is_refusal(await visitor.answer(), 413)
        assert await visitor.ended()
        visitor.close()
        await house.server.until_answered()

    run(check)


def test_a_body_of_just_the_limit_is_taken_in_chunks(run: Run) -> None:
    async def check(house: House) -> None:
        visitor = await house.visit()
        chunk = b"%x\r\n%s\r\n" % (MAX_BODY_BYTES // 10, b"x" * (MAX_BODY_BYTES // 10))

        visitor.send("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked")
        visitor.writer.write(chunk * 10 + b"0\r\n\r\n")

        assert (await visitor.answer())[2] == str(MAX_BODY_BYTES).encode()
        visitor.close()

    run(check)


@pytest.mark.parametrize("length", [str(MAX_BODY_BYTES + 1), "9" * 5000])
def test_who_asks_first_is_refused_before_sending_the_body(run: Run, length: str) -> None:
    async def check(house: House) -> None:
        visitor = await house.visit()

        visitor.send(
            "POST / HTTP/1.1", "Host: x", f"Content-Length: {length}", "Expect: 100-continue"
        )

        assert_is_refusal(await visitor.answer(), 413)
        visitor.close()

    run(check)


def test_a_body_of_just_the_limit_is_taken(run: Run) -> None:
    async def check(house: House) -> None:
        visitor = await house.visit()

        length = f"Content-Length: {MAX_BODY_BYTES}"
        visitor.send("POST / HTTP/1.1", "Host: x", length, body=b"x" * MAX_BODY_BYTES)

        assert (await visitor.answer())[2] == str(MAX_BODY_BYTES).encode()
        visitor.close()

    run(check)


@pytest.mark.parametrize(
    "lines",
    [
        ["POST / HTTP/1.1", "Content-Length: +5"],
        ["POST / HTTP/1.1", "Content-Length: 5", "Content-Length: 200000"],
        ["POST / HTTP/1.1", "Content-Length: 2", "Content-Length: 2"],
        ["POST / HTTP/1.1", "Content-Length: 200000", "Transfer-Encoding: chunked"],
        ["POST / HTTP/1.0", "Transfer-Encoding: chunked"],
        ["POST /"],
        ["POST / HTTP/1.1", "no header"],
    ],
)
def test_what_is_no_http_or_can_be_read_in_two_ways_is_a_bad_request(
    run: Run, lines: list[str]
) -> None:
    async def check(house: House) -> None:
        visitor = await house.visit()

        visitor.send(lines[0], "Host: x", *lines[1:], body=b"2\r\n{}\r\n0\r\n\r\n" * 5000)

        assert_is_refusal(await visitor.answer(), 400, "invalid")
        assert await visitor.ended()
        visitor.close()

    run(check)


def test_a_chunk_size_without_an_end_is_a_bad_request(run: Run) -> None:
    async def check(house: House) -> None:
        visitor = await house.visit()

        visitor.send("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked", body=b"f" * 200)

        assert_is_refusal(await visitor.answer(), 400, "invalid")
        assert await visitor.ended()
        visitor.close()

    run(check)


def test_a_slow_client_may_send_its_header_in_pieces(run: Run) -> None:
    async def check(house: House) -> None:
        visitor = await house.visit()

        for piece in (b"POST / HT", b"TP/1.1\r\nHo", b"st: x\r\nContent-Length: 3\r\n", b"\r\nab"):
            visitor.writer.write(piece)
            for _ in range(10):
                await asyncio.sleep(0)
        visitor.writer.write(b"c")

        assert (await visitor.answer())[2] == b"3"
        visitor.close()

    run(check)


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET / HTTP/1.1\r\nHost", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab"],
    ids=["nothing", "half a header", "half a body"],
)
def test_who_sends_no_whole_request_is_cut_off_in_the_end(run: Run, begun: bytes) -> None:
    async def check(house: House) -> None:
        visitor = await house.visit()
        visitor.writer.write(begun)

        assert await visitor.ended()
        visitor.close()

    run(check, request_seconds=0.2)


def test_a_connection_is_kept_for_further_requests_and_closed_when_none_comes(run: Run) -> None:
    async def check(house: House) -> None:
        visitor = await house.visit()

        for _ in range(3):
            visitor.send("POST / HTTP/1.1", "Host: x", "Content-Length: 0")
            assert (await visitor.answer())[0] == 200

        assert await visitor.ended()
        visitor.close()

    run(check, request_seconds=3)


def test_the_end_waits_for_answers_and_not_for_idle_connections(run: Run) -> None:
    async def check(house: House) -> None:
        idle, visitor = await house.visit(), await house.visit()
        idle.send("POST / HTTP/1.1", "Host: x", "Content-Length: 0")
        await idle.answer()
        visitor.send("GET /slow HTTP/1.1", "Host: x")
        await house.began.wait()

        waiting = asyncio.create_task(house.server.until_answered())
        for _ in range(10):
            await asyncio.sleep(0)
        assert not waiting.done()
        house.may_answer.set()

        assert (await visitor.answer())[2] == b"at last"
        await waiting
        idle.close()
        visitor.close()

    run(check)


def test_the_end_does_not_wait_for_who_has_hung_up(run: Run) -> None:
    async def check(house: House) -> None:
        visitor = await house.visit()
        visitor.send("GET /slow HTTP/1.1", "Host: x")
        await house.began.wait()

        visitor.close()

        await house.server.until_answered()
        house.may_answer.set()

    run(check)


def test_refusals_are_no_news(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async def check(house: House) -> None:
        for line in (f"X-Long: {'x' * 20_000}", f"Content-Length: {MAX_BODY_BYTES + 1}"):
            visitor = await house.visit()
            visitor.send("POST / HTTP/1.1", "Host: x", line)
            await visitor.answer()
            visitor.close()

    with caplog.at_level(logging.WARNING):
        run(check)

    assert not caplog.records
