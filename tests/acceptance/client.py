"""A client of Parley, written from the protocol's text alone, on bare asyncio streams.

HTTP/1.1 and RFC 6455 are spoken here by hand, so that malformed requests and frames can be
sent, and so that no library smooths over what the server answers. Every frame that arrives
passes a `Ledger`, which knows the promises that hold on each connection whatever a test is
about; what it finds is raised at the end of the test.
"""

import asyncio
import base64
import hashlib
import itertools
import json
import os
import re
import struct
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

# Long enough for a busy machine, short enough that a missing answer fails a test at once.
WAIT_SECONDS = 20.0

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
MAX_INTEGER = 2**53 - 1

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
CODES = {
    "invalid",
    "unknown_type",
    "forbidden",
    "not_found",
    "conflict",
    "too_large",
    "rate_limited",
    "unavailable",
}  # `internal` is left out: it is a bug wherever it is seen


class Address(Protocol):
    """Where a server listens."""

    host: str
    port: int


class Headers:
    """Header fields in the order they came; names without case."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs = list(pairs)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key.lower() == name.lower()]

    def get(self, name: str, default: str = "") -> str:
        return next(iter(self.all(name)), default)

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))


@dataclass
class Response:
    """What came back for one HTTP request."""

    status: int
    headers: Headers
    body: bytes

    def json(self) -> Any:
        kind = self.headers.get("Content-Type")
        assert kind.split(";")[0].strip() == "application/json", f"{self.status} {kind}"
        return json.loads(self.body)

    def error(self, status: int, code: str, field: str | None = None) -> dict[str, Any]:
        """Checks that this is the documented error, and returns its object."""
        assert self.status == status, (self.status, self.body)
        answer = self.json()
        assert set(answer) == {"error"}, answer
        error: dict[str, Any] = answer["error"]
        assert error["code"] == code, error
        assert isinstance(error["message"], str), error
        assert error["message"], error
        if field is not None:
            assert error.get("field") == field, error
        return error

    def cookies(self) -> dict[str, tuple[str, list[str]]]:
        """Cookies that are set: name to value and attributes in lower case."""
        found = {}
        for line in self.headers.all("Set-Cookie"):
            first, *attributes = [part.strip() for part in line.split(";")]
            name, _, value = first.partition("=")
            found[name] = (value.strip('"'), [each.lower() for each in attributes])
        return found


async def open_stream(
    server: Address, source: str | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connects, from another address of this machine if `source` names one."""
    return await asyncio.wait_for(
        asyncio.open_connection(
            server.host,
            server.port,
            limit=2**22,
            local_addr=None if source is None else (source, 0),
        ),
        WAIT_SECONDS,
    )


async def close_stream(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), WAIT_SECONDS)
    except (OSError, TimeoutError):
        writer.transport.abort()


async def read_head(reader: asyncio.StreamReader) -> tuple[int, Headers]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    version, status, *_ = first.split(" ", 2)
    assert version == "HTTP/1.1", first
    pairs = [(name, value.strip()) for name, _, value in (each.partition(":") for each in lines)]
    return int(status), Headers(pairs)


async def read_response(reader: asyncio.StreamReader, method: str = "GET") -> Response:
    status, headers = await read_head(reader)
    if method == "HEAD" or status in {204, 304}:
        body = b""
    elif headers.get("Transfer-Encoding") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
    elif "Content-Length" in headers:
        body = await reader.readexactly(int(headers.get("Content-Length")))
    else:
        body = await reader.read()
    return Response(status, headers, body)


async def raw_http(server: Address, request: bytes) -> bytes:
    """Sends bytes as they are, and returns everything until the server closes."""
    reader, writer = await open_stream(server)
    try:
        writer.write(request)
        return await asyncio.wait_for(_read_all(reader), WAIT_SECONDS)
    finally:
        await close_stream(writer)


async def _read_all(reader: asyncio.StreamReader) -> bytes:
    found = b""
    try:
        while chunk := await reader.read(65536):
            found += chunk
    except ConnectionError:
        pass
    return found


async def http(
    server: Address,
    method: str,
    path: str,
    *,
    json_body: Any = None,
    form: dict[str, str] | None = None,
    body: bytes | None = None,
    token: str | None = None,
    headers: dict[str, str] | None = None,
    source: str | None = None,
) -> Response:
    """One request on a connection of its own."""
    fields = {"Host": f"{server.host}:{server.port}", "Connection": "close"}
    if json_body is not None:
        body = json.dumps(json_body).encode()
        fields["Content-Type"] = "application/json"
    if form is not None:
        body = urlencode(form).encode()
        fields["Content-Type"] = "application/x-www-form-urlencoded"
    if body is not None or method in {"POST", "PUT", "PATCH"}:
        fields["Content-Length"] = str(len(body or b""))
    if token is not None:
        fields["Authorization"] = f"Bearer {token}"
    fields |= headers or {}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    reader, writer = await open_stream(server, source)
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b""))
        return await asyncio.wait_for(read_response(reader, method), WAIT_SECONDS)
    finally:
        await close_stream(writer)


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.inputs: dict[str, str] = {}
        self.assets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "input" and found.get("name"):
            self.inputs[str(found["name"])] = found.get("value") or ""
        for name in ("src", "href"):
            if (found.get(name) or "").startswith("/static/"):
                self.assets.append(str(found[name]))


class Browser:
    """HTTP with a cookie jar and the page's anti-forgery token, as a browser has them."""

    def __init__(self, server: Address, *, headers: dict[str, str] | None = None) -> None:
        self.server = server
        self.headers = headers or {}
        self.jar: dict[str, str] = {}
        self.attributes: dict[str, list[str]] = {}

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.jar.items())

    @property
    def session_cookies(self) -> dict[str, str]:
        """Every cookie but the one that is there for anybody."""
        return {name: value for name, value in self.jar.items() if not name.endswith("_xsrf")}

    async def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **rest: Any
    ) -> Response:
        fields = dict(self.headers)
        if self.jar:
            fields["Cookie"] = self.cookie
        fields |= headers or {}
        response = await http(self.server, method, path, headers=fields, **rest)
        for name, (value, attributes) in response.cookies().items():
            gone = "max-age=0" in attributes or any("1970" in each for each in attributes)
            if not value or gone or _is_past(attributes):
                self.jar.pop(name, None)
            else:
                self.jar[name], self.attributes[name] = value, attributes
        return response

    async def token(self, page: str = "/login") -> str:
        """The anti-forgery token that a page's form carries."""
        return inputs_of(await self.request("GET", page))["_xsrf"]

    async def submit(self, path: str, page: str | None = None, **fields: str) -> Response:
        token = await self.token(page or path)
        return await self.request("POST", path, form=fields | {"_xsrf": token})


def _is_past(attributes: list[str]) -> bool:
    # A cookie is taken back with an expiry that has passed.
    for each in attributes:
        if each.startswith("expires="):
            return parsedate_to_datetime(each.partition("=")[2]) < datetime.now(UTC)
    return False


def inputs_of(response: Response) -> dict[str, str]:
    """The fields of the forms on a page, with their values."""
    assert response.headers.get("Content-Type").startswith("text/html"), response.headers.pairs
    parser = _Inputs()
    parser.feed(response.body.decode())
    return parser.inputs


def assets_of(response: Response) -> list[str]:
    """The static files that a page names."""
    parser = _Inputs()
    parser.feed(response.body.decode())
    return parser.assets


class Closed(NamedTuple):
    """How the server ended a connection; 1006 when there was no close frame."""

    code: int
    reason: str


class Frame(dict[str, Any]):
    """A frame as it came, with its text to the byte."""

    raw: str = ""


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
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ledger: "Ledger"
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

    def start(self, kind: str, /, **fields: Any) -> "asyncio.Future[Frame]":
        """Sends a request at once; the future is its answer."""
        fields = {"type": kind, "id": next(self._ids)} | fields
        return self.start_object(fields)

    def start_object(self, request: dict[str, Any]) -> "asyncio.Future[Frame]":
        future = self.expect(request["id"], request["type"])
        self.write(encode_json(request))
        if self._closed.done():
            future.set_exception(ConnectionResetError(str(self._closed.result())))
        return future

    def expect(self, request_id: Any, kind: str = "") -> "asyncio.Future[Frame]":
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


class Ledger:
    """What must hold on every connection in every test.

    Conversations become known through the objects in which the server itself lists their
    members; whatever else names a conversation must name one that the listener is in.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.members: dict[str, set[str]] = {}
        self.seen: list[tuple[str, str, str]] = []
        self.spoken: set[str] = set()
        self.presences: list[tuple[str, str]] = []

    def check(self, connection: Connection, frame: Frame) -> None:
        """Looks at a frame in the moment of its arrival."""
        try:
            check_frame(frame)
        except (AssertionError, KeyError, TypeError) as exc:
            self.problems.append(f"not as documented: {exc!r} in {frame.raw[:300]}")
            return
        first = len(connection.frames) == 1
        if first != (frame["type"] == "hello"):
            self.problems.append(f"hello is the first frame and no other: {frame.raw[:100]}")
        if frame["type"] == "hello":
            connection.hello, connection.user_id = frame, frame["user"]["id"]
        if frame["type"] == "presence":
            self.presences.append((connection.user_id, frame["user"]))
        for conversation in _conversations_in(frame):
            self.members.setdefault(conversation["id"], set()).update(
                each["user"]["id"] for each in conversation["members"]
            )
            self.seen.append((connection.user_id, conversation["id"], frame.raw[:200]))
        if frame["type"] in {"message", "sent"}:
            self.spoken.add(frame["conversation"])
        if frame["type"] == "message" and frame["message"]["seq"] == 1:
            before = connection.frames[-2]
            if before["type"] != "conversation" or "re" in before:
                self.problems.append(f"no conversation just before {frame.raw[:200]}")
        if isinstance(frame.get("conversation"), str):
            self.seen.append((connection.user_id, frame["conversation"], frame.raw[:200]))
        self._check_order(connection, frame)

    def _check_order(self, connection: Connection, frame: Frame) -> None:
        if frame["type"] == "resync":
            connection.arrivals.clear()
        seq = None
        if frame["type"] == "message":
            seq = frame["message"]["seq"]
        elif frame["type"] == "sent" and not frame["duplicate"]:
            seq = frame["seq"]
        if seq is not None:
            last = connection.arrivals.get(frame["conversation"])
            if last is not None and seq != last + 1:
                self.problems.append(f"seq {seq} arrived after {last}: {frame.raw[:200]}")
            connection.arrivals[frame["conversation"]] = seq
        if frame["type"] in {"change", "changed"}:
            rev = frame["message"]["rev"]
            last_rev = connection.revs.get(frame["conversation"], 0)
            if frame["type"] == "change" and rev <= last_rev:
                self.problems.append(f"rev {rev} arrived after {last_rev}: {frame.raw[:200]}")
            connection.revs[frame["conversation"]] = max(rev, last_rev)

    def close(self) -> None:
        """The last look, when it is known who is in what.

        Raises:
            AssertionError: a promise was broken on some connection.
        """
        for user, conversation, text in self.seen:
            if user not in self.members.get(conversation, ()):
                self.problems.append(f"{user} is not in {conversation} but got {text}")
        for listener, user in self.presences:
            shared = [
                each for each in self.spoken if {listener, user} <= self.members.get(each, set())
            ]
            if not shared:
                self.problems.append(f"{listener} heard of the presence of the stranger {user}")
            if listener == user:
                self.problems.append(f"{user} was told the own presence")
        assert not self.problems, "\n".join(self.problems[:20])


def _conversations_in(frame: Frame) -> list[dict[str, Any]]:
    if frame["type"] == "conversation":
        return [frame["conversation"]]
    return list(frame["conversations"]) if frame["type"] == "synced" else []


def check_frame(frame: Frame) -> None:
    """Checks a frame's fields and their types; unknown kinds are left alone, as promised."""
    kind = frame["type"]
    if kind == "error":
        assert frame["code"] in CODES, frame["code"]
        assert isinstance(frame["message"], str)
        assert frame["message"]
        if frame["code"] == "rate_limited":
            assert is_number(frame["retry_after"])
            assert frame["retry_after"] > 0
    elif kind == "hello":
        check_user(frame["user"])
        assert is_id(frame["session"])
        check_instant(frame["now"])
    elif kind == "pong":
        check_instant(frame["now"])
    elif kind == "conversation":
        check_conversation(frame["conversation"])
    elif kind == "synced":
        for conversation in frame["conversations"]:
            check_conversation(conversation)
            assert conversation["head"] > 0
        assert frame["next"] is None or isinstance(frame["next"], str)
    elif kind == "sent":
        assert is_id(frame["conversation"])
        assert is_count(frame["seq"], 1)
        check_instant(frame["at"])
        assert isinstance(frame["duplicate"], bool)
        assert isinstance(frame["client_id"], str)
    elif kind in {"history", "changes"}:
        assert is_id(frame["conversation"])
        key = "seq" if kind == "history" else "rev"
        for message in frame["messages"]:
            check_message(message)
        keys = [message[key] for message in frame["messages"]]
        assert keys == sorted(set(keys)), keys
        flags = ["more_before", "more_after"] if kind == "history" else ["more"]
        assert all(isinstance(frame[flag], bool) for flag in flags)
        assert kind == "history" or is_count(frame["rev"])
    elif kind == "users":
        for user in frame["users"]:
            check_user(user)
    elif kind in {"message", "change", "changed"}:
        assert is_id(frame["conversation"])
        check_message(frame["message"])
    elif kind == "receipt":
        assert is_id(frame["user"])
        assert is_count(frame["received"])
        assert is_count(frame["read"])
        assert frame["read"] <= frame["received"]
    elif kind == "typing":
        assert is_id(frame["user"])
        assert isinstance(frame["on"], bool)
    elif kind == "presence":
        assert is_id(frame["user"])
        assert isinstance(frame["online"], bool)
        check_last_seen(frame)


def check_user(user: dict[str, Any]) -> None:
    assert {"id", "username", "name", "online", "last_seen"} <= set(user), user
    assert "password" not in json.dumps(user)
    assert is_id(user["id"])
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{2,31}", user["username"])
    assert isinstance(user["name"], str)
    assert 1 <= len(user["name"]) <= 64
    assert isinstance(user["online"], bool)
    check_last_seen(user)


def check_last_seen(thing: dict[str, Any]) -> None:
    if thing["online"]:
        assert thing["last_seen"] is None
    elif thing["last_seen"] is not None:
        check_instant(thing["last_seen"])


def check_message(message: dict[str, Any]) -> None:
    fields = "seq from client_id text at reply_to rev edited deleted reactions"
    assert set(fields.split()) <= set(message), message
    assert is_count(message["seq"], 1)
    assert is_id(message["from"])
    assert isinstance(message["client_id"], str)
    check_instant(message["at"])
    assert message["reply_to"] is None or is_count(message["reply_to"], 1)
    assert is_count(message["rev"])
    assert isinstance(message["edited"], bool)
    assert isinstance(message["deleted"], bool)
    assert isinstance(message["reactions"], dict)
    assert all(message["reactions"].values()), "an emoji that nobody holds"
    if message["deleted"]:
        assert message["text"] is None
        assert message["reactions"] == {}
    else:
        assert isinstance(message["text"], str)


def check_conversation(conversation: dict[str, Any]) -> None:
    fields = "id kind title members member_count head rev unread last updated"
    assert set(fields.split()) <= set(conversation), conversation
    assert is_id(conversation["id"])
    assert conversation["kind"] == "direct"
    assert conversation["member_count"] == len(conversation["members"])
    for member in conversation["members"]:
        assert {"user", "role", "received", "read"} <= set(member), member
        check_user(member["user"])
        assert is_count(member["received"])
        assert is_count(member["read"])
        assert member["read"] <= member["received"] <= conversation["head"]
    assert is_count(conversation["head"])
    assert is_count(conversation["rev"])
    assert is_count(conversation["unread"])
    check_instant(conversation["updated"])
    assert (conversation["last"] is None) == (conversation["head"] == 0)
    if conversation["last"] is not None:
        check_message(conversation["last"])
        assert conversation["last"]["seq"] == conversation["head"]


def check_instant(value: Any) -> None:
    assert isinstance(value, str), value
    assert INSTANT.fullmatch(value), value


def is_id(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 64


def is_count(value: Any, least: int = 0) -> bool:
    return type(value) is int and least <= value <= MAX_INTEGER


def is_number(value: Any) -> bool:
    return type(value) in {int, float}


@dataclass
class Person:
    """Somebody with an account, and the first token of it."""

    world: "World"
    id: str
    username: str
    password: str
    name: str
    token: str

    async def api(
        self, method: str, path: str, json_body: Any = None, token: str | None = None
    ) -> Response:
        return await http(
            self.world.server, method, path, json_body=json_body, token=token or self.token
        )

    async def login(self) -> str:
        """A token of one more session."""
        answer = await http(
            self.world.server,
            "POST",
            "/api/v1/login",
            json_body={"username": self.username, "password": self.password},
        )
        assert answer.status == 200, answer.body
        return str(answer.json()["token"])

    async def connect(self, token: str | None = None) -> Connection:
        """One more connection, past its `hello`."""
        connection = await self.world.connect(token or self.token)
        assert connection.user_id == self.id
        return connection


class World:
    """The people and connections of one test, watched by one ledger.

    Where there are several servers, each request and each connection goes to the next one.
    """

    def __init__(self, *servers: Address) -> None:
        self._places = servers
        self._servers = itertools.cycle(servers)
        self._beacons: list[tuple[Connection, Connection]] = []
        self._beacon_conversation = ""
        self._settling = asyncio.Lock()
        self.ledger = Ledger()
        self.connections: list[Connection] = []
        self.people: dict[str, Person] = {}

    @property
    def server(self) -> Address:
        """Where to ask this time."""
        return next(self._servers)

    async def person(self, label: str = "ann", /, name: str | None = None) -> Person:
        """Registers somebody whose username begins with the label and is nobody else's."""
        username = f"{label.lower()}.{os.urandom(5).hex()}"
        password = f"pass of {username}"
        shown = name or label.title()
        request = {"username": username, "password": password, "name": shown}
        answer = await http(self.server, "POST", "/api/v1/register", json_body=request)
        assert answer.status == 201, answer.body
        given = answer.json()
        user = given["user"]
        person = Person(self, user["id"], username, password, shown, given["token"])
        self.people[person.id] = person
        return person

    async def crowd(self, count: int, name: str | None = None) -> list["Person"]:
        """Registers many; a few at a time, since a server puts off who comes in thousands."""
        few = asyncio.Semaphore(4)

        async def one() -> Person:
            async with few:
                return await self.person("one", name)

        return list(await asyncio.gather(*(one() for _ in range(count))))

    async def pair(self) -> tuple[Person, Person]:
        return await self.person("ann"), await self.person("bob")

    async def couple(self) -> tuple[Connection, Connection, str]:
        """Two people online, with one message between them that both have seen."""
        ann, bob = await self.pair()
        ann_socket, bob_socket = await ann.connect(), await bob.connect()
        conversation = await ann_socket.open(bob.id)
        await ann_socket.send(conversation, "hello")
        await bob_socket.event("conversation")
        await bob_socket.event("message")
        await ann_socket.event("presence")
        await bob_socket.event("presence")
        return ann_socket, bob_socket, conversation

    async def another(self, connection: Connection) -> Connection:
        """One more connection of the same session."""
        return await self.people[connection.user_id].connect()

    async def upgrade(self, token: str | None = None, **how: Any) -> Connection:
        """A connection that may never say `hello`."""
        response, reader, writer = await handshake(self.server, token=token, **how)
        assert response.status == 101, (response.status, response.body)
        connection = Connection(reader, writer, self.ledger)
        self.connections.append(connection)
        if len(self._places) > 1:
            connection.settle = self._settle
        return connection

    async def _settle(self) -> None:
        """Waits until what each server had told before now has reached the others.

        What one server tells another arrives in the order in which it was told: when two
        people on all servers have heard of each other, so has everybody else.
        """
        async with self._settling:
            if not self._beacons:
                one, other = await self.person("beacon"), await self.person("beacon")
                for place in self._places:
                    self._servers = itertools.cycle([place])
                    self._beacons.append((await one.connect(), await other.connect()))
                self._servers = itertools.cycle(self._places)
                self._beacon_conversation = await self._beacons[0][0].open(other.id)
            for sender, _ in self._beacons:
                await sender.do("typing", conversation=self._beacon_conversation, on=True)
            for _ in self._places:
                await asyncio.gather(*(hearer.event("typing") for _, hearer in self._beacons))

    async def connect(self, token: str | None = None, **how: Any) -> Connection:
        connection = await self.upgrade(token, **how)
        await connection.event("hello")
        return connection

    async def close(self) -> None:
        """Hears every connection out, closes it, and lets the ledger judge."""
        still_open = [each for each in self.connections if each.is_open and each.polite]
        flushed = [each.start("ping") for each in still_open if each.hello]
        if flushed:
            await asyncio.wait(flushed, timeout=WAIT_SECONDS)
        await asyncio.gather(*(each.abort() for each in self.connections), return_exceptions=True)
        self.ledger.close()
