"""HTTP/1.1 by hand: requests as wrong as wished, answers as they came."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

# Long enough for a busy machine, short enough that a missing answer fails a test at once.
WAIT_SECONDS = 20.0


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
