"""The WebSocket (RFC 6455) by hand: frames as wrong as wished, requests and their answers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import json
import os
import struct
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.acceptance.client.http_client import (
    WAIT_SECONDS,
    Address,
    Response,
    close_stream,
    open_stream,
    read_head,
)
from tests.acceptance.client.shapes import Frame

if TYPE_CHECKING:
    from tests.acceptance.client.ledger import Ledger

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

ANSWERS = {
    "ping": "pong",
    "sync": "synced",
    "open": "conversation",
    "send": "sent",
    "history": "history",
    "changes": "changes",
    "received": "ok",
    "read": "ok",
    "typing": "ok",
    "find_users": "users",
    "edit": "changed",
    "delete": "changed",
    "react": "changed",
}


class Closed(NamedTuple):
    """How the server ended a connection; 1006 when there was no close frame."""

    code: int
    reason: str


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), f"a field is there twice: {names}"
    return dict(pairs)


async def handshake(
    server: Address,
    *,
    token: str | None = None,
    headers: dict[str, str] | None = None,
    path: str = "/ws",
    without: Iterable[str] = (),
    method: str = "GET",
    version: str = "HTTP/1.1",
) -> tuple[Response, asyncio.StreamReader, asyncio.StreamWriter]:
    """Asks for the WebSocket; on 101 the streams are at the first frame."""
    key = base64.b64encode(os.urandom(16)).decode()
    fields = {
        "Host": f"{server.host}:{server.port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
    }
    if token is not None:
        fields["Authorization"] = f"Bearer {token}"
    fields |= headers or {}
    for name in without:
        del fields[name]
    lines = [f"{method} {path} {version}", *(f"{name}: {value}" for name, value in fields.items())]
    reader, writer = await open_stream(server)
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        status, answered = await asyncio.wait_for(read_head(reader), WAIT_SECONDS)
        if status == 101:
            digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
            assert answered.get("Sec-WebSocket-Accept") == base64.b64encode(digest).decode()
            assert answered.get("Upgrade").lower() == "websocket"
            assert answered.get("Connection").lower() == "upgrade"
            assert "Sec-WebSocket-Extensions" not in answered, "compression was not asked for"
            return Response(status, answered, b""), reader, writer
        size = int(answered.get("Content-Length", "0"))
        body = await asyncio.wait_for(reader.readexactly(size), WAIT_SECONDS)
    except BaseException:
        await close_stream(writer)
        raise
    await close_stream(writer)
    return Response(status, answered, body), reader, writer


def encode_frame(
    opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0, masked: bool = True
) -> bytes:
    """A WebSocket frame (RFC 6455, section 5.2), as wrong as wished."""
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return head + mask + number.to_bytes(len(payload), "big")


class Connection:
    """One WebSocket of one person, past `hello` unless the server closed it first.

    `events` are those not yet taken by `event`; `frames` is everything that ever arrived.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ledger: Ledger
    ) -> None:
        self.ledger = ledger
        self.hello: Frame = Frame()
        self.user_id = ""
        self.frames: list[Frame] = []
        self.events: list[Frame] = []
        self.pongs: asyncio.Queue[bytes] = asyncio.Queue()
        self.stray: asyncio.Queue[Frame] = asyncio.Queue()
        self.arrivals: dict[str, int] = {}
        self.revs: dict[str, int] = {}
        self.polite = True  # answers a close frame
        self.settle: Callable[[], Awaitable[None]] | None = None
        self._ids = itertools.count(1)
        self._waiting: dict[tuple[type, Any], list[tuple[str, asyncio.Future[Frame]]]] = {}
        self._news = asyncio.Condition()
        self._reader, self._writer = reader, writer
        self._closed: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._read())

    def start(self, kind: str, /, **fields: Any) -> asyncio.Future[Frame]:
        """Sends a request at once; the future is its answer."""
        fields = {"type": kind, "id": next(self._ids)} | fields
        return self.start_object(fields)

    def start_object(self, request: dict[str, Any]) -> asyncio.Future[Frame]:
        future = self.expect(request["id"], request["type"])
        self.write(encode_json(request))
        if self._closed.done():
            future.set_exception(ConnectionResetError(str(self._closed.result())))
        return future

    def expect(self, request_id: Any, kind: str = "") -> asyncio.Future[Frame]:
        """The future answer to a request that is written by other means."""
        future: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        key = (request_id.__class__, request_id)
        self._waiting.setdefault(key, []).append((kind, future))
        return future

    async def ask(self, kind: str, /, **fields: Any) -> Frame:
        """Sends a request and waits for its answer, whatever it is."""
        return await asyncio.wait_for(self.start(kind, **fields), WAIT_SECONDS)

    async def do(self, kind: str, /, **fields: Any) -> Frame:
        """Sends a request that must succeed."""
        answer = await self.ask(kind, **fields)
        assert answer["type"] == ANSWERS[kind], f"{kind}: {answer}"
        return answer

    async def refused(self, code: str, kind: str, /, **fields: Any) -> Frame:
        """Sends a request that must be answered by this error."""
        answer = await self.ask(kind, **fields)
        shown = {name: str(value)[:80] for name, value in fields.items()}
        assert answer["type"] == "error", f"{kind} {shown}: {str(answer)[:300]}"
        assert answer["code"] == code, f"{kind} {shown}: {answer}"
        return answer

    async def open(self, user: str) -> str:
        """The id of the direct conversation with somebody."""
        answer = await self.do("open", user=user)
        return str(answer["conversation"]["id"])

    async def send(
        self, conversation: str, text: str, client_id: str | None = None, **rest: Any
    ) -> Frame:
        client_id = client_id or f"c-{os.urandom(8).hex()}"
        sent = await self.do(
            "send", conversation=conversation, client_id=client_id, text=text, **rest
        )
        assert sent["client_id"] == client_id
        assert sent["conversation"] == conversation
        return sent

    async def history(self, conversation: str, **position: Any) -> Frame:
        return await self.do("history", conversation=conversation, **position)

    async def flush(self) -> None:
        """Waits until what the servers had told before now has arrived."""
        await self.do("ping")
        if self.settle is not None:
            await self.settle()
            await self.do("ping")

    def write(self, text: str) -> None:
        self.write_frame(TEXT, text.encode())

    def write_frame(self, opcode: int, payload: bytes = b"", **how: Any) -> None:
        self.write_bytes(encode_frame(opcode, payload, **how))

    def write_bytes(self, data: bytes) -> None:
        self._writer.write(data)

    async def drain(self) -> None:
        await asyncio.wait_for(self._writer.drain(), WAIT_SECONDS)

    async def event(
        self,
        kind: str,
        /,
        where: Callable[[Frame], bool] = lambda frame: True,
        *,
        seconds: float = WAIT_SECONDS,
        **fields: Any,
    ) -> Frame:
        """Takes the first event of this kind that has not been taken; waits for it if need be."""

        def matches(frame: Frame) -> bool:
            same = all(frame.get(name) == value for name, value in fields.items())
            return frame["type"] == kind and same and where(frame)

        async with asyncio.timeout(seconds), self._news:
            while True:
                for index, frame in enumerate(self.events):
                    if matches(frame):
                        del self.events[index]
                        return frame
                assert not self._closed.done(), f"closed: {self._closed.result()}"
                try:
                    await self._news.wait()
                except asyncio.CancelledError:
                    kinds = [str(each)[:120] for each in self.events]
                    print(f"no {kind} {fields} among {kinds}")
                    raise

    def heard(self, *types: str) -> list[Frame]:
        """The events of these kinds that no `event` has taken so far."""
        return [frame for frame in self.events if frame["type"] in types]

    async def closed(self, seconds: float = WAIT_SECONDS) -> Closed:
        """Waits for the end of the connection and tells how it ended."""
        return await asyncio.wait_for(asyncio.shield(self._closed), seconds)

    @property
    def is_open(self) -> bool:
        return not self._closed.done()

    async def close(self) -> Closed:
        """Ends the connection as a browser does."""
        if self.is_open:
            self.write_frame(CLOSE, struct.pack("!H", 1000))
        return await self.abort_after(self._closed)

    async def abort(self) -> None:
        """Cuts the connection without a word."""
        self._writer.transport.abort()
        await self.abort_after(self._closed)

    async def abort_after(self, ended: Awaitable[Closed]) -> Closed:
        try:
            return await asyncio.wait_for(asyncio.shield(ended), WAIT_SECONDS)
        finally:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await close_stream(self._writer)

    async def _read(self) -> None:
        ended = Closed(1006, "")
        try:
            while True:
                opcode, payload = await self._read_frame()
                if opcode == TEXT:
                    await self._arrived(payload.decode())
                elif opcode == PING:
                    self.write_frame(PONG, payload)
                elif opcode == PONG:
                    self.pongs.put_nowait(payload)
                elif opcode == CLOSE:
                    code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                    ended = Closed(code, payload[2:].decode())
                    if self.polite:
                        self.write_frame(CLOSE, payload[:2])
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except (AssertionError, KeyError, TypeError, ValueError) as exc:
            self.ledger.problems.append(f"a frame that is none: {exc!r}")
        finally:
            await self._end(ended)

    async def _read_frame(self) -> tuple[int, bytes]:
        first, second = await self._reader.readexactly(2)
        assert first & 0x80, "the server fragments"
        assert not first & 0x70, "reserved bits"
        assert not second & 0x80, "a server's frame is masked"
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", await self._reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self._reader.readexactly(8))
        return first & 0x0F, await self._reader.readexactly(size)

    async def _arrived(self, text: str) -> None:
        frame = Frame(json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant))
        frame.raw = text
        self.frames.append(frame)
        self.ledger.check(self, frame)
        if "re" in frame:
            key = (frame["re"].__class__, frame["re"])
            waiting = self._waiting.get(key)
            if not waiting:
                self.ledger.problems.append(f"an answer to nothing: {text[:200]}")
                return
            asked, future = waiting.pop(0)
            right = {"error", ANSWERS.get(asked, "error")}
            if frame["type"] not in right:
                self.ledger.problems.append(f"{asked} was answered {text[:200]}")
            if not future.done():
                future.set_result(frame)
        elif frame["type"] in {"error", "pong"}:
            self.stray.put_nowait(frame)
        else:
            async with self._news:
                self.events.append(frame)
                self._news.notify_all()

    async def _end(self, ended: Closed) -> None:
        if not self._closed.done():
            self._closed.set_result(ended)
        for waiting in self._waiting.values():
            for _, future in waiting:
                if not future.done():
                    future.set_exception(ConnectionResetError(str(ended)))
                    future.exception()  # not everybody waits for every answer
        async with self._news:
            self._news.notify_all()
        self._writer.close()


def encode_json(value: Any) -> str:
    """JSON as short as it gets; escaped only where UTF-8 has no way to say it."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
