"""Requests that no browser makes: each has a clear answer, and the server lives.

The numbers are those of the table in docs/security.md. What `tests/handlers/test_http.py` and
`tests/acceptance` try already is not tried again.
"""

import asyncio
import re
from collections.abc import Iterable

import pytest

from handlers.base import DEFAULT_HEADERS
from tests.acceptance.client import World, http, open_stream, raw_http, read_response

CLOSE = "Connection: close"
FORM = "Content-Type: application/x-www-form-urlencoded"
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"
ASSET = "GET /static/js/chat.js"
CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def request(
    first: str, *headers: str, body: str = "", host: str | None = "127.0.0.1", end: str = "\r\n"
) -> bytes:
    """A request as it goes out; `first` without its version."""
    lines = [first if "HTTP/" in first else f"{first} HTTP/1.1"]
    lines += [f"Host: {host}"] if host is not None else []
    return (end.join([*lines, *headers, "", ""]) + body).encode("latin-1")


def form(body: str, *headers: str) -> bytes:
    return request("POST /login", CLOSE, FORM, f"Content-Length: {len(body)}", *headers, body=body)


ATTACKS: dict[str, tuple[int, bytes]] = {
    # 1: which host?
    "no Host": (400, request("GET /login", host=None)),
    "no Host in HTTP/1.0": (400, request("GET /login HTTP/1.0", host=None)),
    "an empty Host": (400, request("GET /login", CLOSE, host="")),
    "a list of Hosts": (400, request("GET /login", host="a, b")),
    "a Host with markup": (400, request("GET /login", host="a<b>")),
    "a Host with a user": (400, request("GET /login", host="user@a")),
    "a Host with a path": (400, request("GET /login", host="a/b")),
    "a Host with too high a port": (400, request("GET /login", CLOSE, host="a:65536")),
    "a Host like an address": (400, request("GET /login", CLOSE, host="[:::]")),
    # 3: how long is the body?
    "a negative length": (400, request("POST /login", "Content-Length: -5")),
    "a list of lengths": (400, request("POST /login", "Content-Length: 2, 2", body="ab")),
    "a hexadecimal length": (400, request("POST /login", "Content-Length: 0x2", body="ab")),
    "a length with an underscore": (400, request("POST /login", "Content-Length: 0_2", body="ab")),
    "a length in other digits": (400, request("POST /login", "Content-Length: \xb2", body="ab")),
    "an empty length": (400, request("POST /login", "Content-Length: ", body="ab")),
    "an unknown coding": (400, request("POST /login", "Transfer-Encoding: identity")),
    "chunked twice": (400, request("POST /login", f"{CHUNKED}, chunked", body="0\r\n\r\n")),
    "chunked and another": (400, request("POST /login", CHUNKED, "Transfer-Encoding: x")),
    "chunked with a vertical tab": (400, request("POST /login", "Transfer-Encoding: \x0bchunked")),
    "a chunk without CR LF": (
        400,
        request("POST /login", CHUNKED, body="5\r\nabcdeXX0\r\n\r\n"),
    ),
    "a chunk of negative size": (400, request("POST /login", CHUNKED, body="-5\r\nabcde\r\n")),
    "a chunk with a sign": (400, request("POST /login", CHUNKED, body="+5\r\nabcde\r\n")),
    "a chunk with a prefix": (400, request("POST /login", CHUNKED, body="0x5\r\nabcde\r\n")),
    "a chunk with an extension": (400, request("POST /login", CHUNKED, body="5;a=b\r\nabcde\r\n")),
    "a chunk of 16 EiB": (400, request("POST /login", CHUNKED, body="F" * 16 + "\r\nabcde")),
    "a chunk whose size never ends": (400, request("POST /login", CHUNKED, body="1" * 70_000)),
    "a trailer": (400, request("POST /login", CHUNKED, body="1\r\na\r\n0\r\nX: y\r\n\r\n")),
    # 4, 5: where does a line end?
    "a folded header": (400, request("GET /login", "X: a\r\n b")),
    "a folded Host": (400, request("GET /login", "  Host: evil.example")),
    "a bare CR": (400, request("GET /login", "X: a\rY: b")),
    "a bare CR before the first end": (400, request("GET /login HTTP/1.1\r", CLOSE)),
    "a bare CR before an end": (400, request("GET /login", CLOSE, "X: a\r")),
    "a NUL in a name": (400, request("GET /login", "X\0: a")),
    "bare LFs": (400, request("GET /login", CLOSE, end="\n")),
    "a bare LF in a header": (400, request("GET /login", "X: a\nY: b")),
    "a bare LF before the end": (400, request("GET /login", "X: a\n")),
    # 6: a long address
    "an address of 9,000": (414, request(f"GET /login?{'a' * 9000}", CLOSE)),
    # 9: other protocols
    "random bytes": (400, bytes(range(256)) * 4 + b"\r\n\r\n"),
    "two blanks": (400, request("GET  /login")),
    "a tab": (400, request("GET\t/login")),
    "a control character in the address": (400, request("GET /lo\x01gin")),
    "CONNECT": (405, request("CONNECT evil.example:443", CLOSE)),
    "OPTIONS": (405, request("OPTIONS /login", CLOSE)),
    "a method of 5,000": (405, request(f"{'G' * 5000} /login", CLOSE)),
    "Upgrade: h2c": (200, request("GET /login", CLOSE, "Upgrade: h2c")),
    # 12: too many of something
    "1,001 arguments": (
        400,
        request("GET /login?" + "&".join(f"a{n}" for n in range(1001)), CLOSE),
    ),
    "1,001 fields": (400, form("&".join(f"a{n}=1" for n in range(1001)))),
    "150 parts": (
        415,
        request(
            "POST /login",
            CLOSE,
            "Content-Type: multipart/form-data; boundary=x",
            "Content-Length: 6000",
            body=('--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 150)[:6000],
        ),
    ),
    # 13: what once took quadratic time
    "an escaped cookie": (200, request("GET /login", CLOSE, 'Cookie: a="' + "\\012" * 3500)),
    "1,500 cookies": (
        200,
        request("GET /login", CLOSE, "Cookie: " + "; ".join(f"a{n}=b" for n in range(1500))),
    ),
    "2,500 headers": (200, request("GET /login", CLOSE, *["X: a"] * 2500)),
    "parameters of a Content-Type": (
        400,
        request(
            "POST /api/v1/login",
            CLOSE,
            JSON + ';a="' * 3000,
            "Content-Length: 2",
            body="{}",
        ),
    ),
    "parameters of a multipart type": (
        415,
        request(
            "POST /login",
            CLOSE,
            "Content-Type: multipart/form-data" + ';"' * 7000,
            "Content-Length: 2",
            body="{}",
        ),
    ),
    "percent signs": (200, request("GET /login?next=" + "%41" * 2700, CLOSE)),
    "broken percent signs": (400, request("GET /login?next=%ff%zz", CLOSE)),
    "an If-None-Match of quotes": (200, request(ASSET, CLOSE, "If-None-Match: " + '"' * 8000)),
    "an Accept-Encoding of commas": (
        200,
        request(ASSET, CLOSE, "Accept-Encoding: " + "x;q=," * 3000),
    ),
    "a date that is none": (200, request(ASSET, CLOSE, "If-Modified-Since: 99 Zzz 99999")),
    # 14: bombs
    "a compressed body": (415, form("ab", "Content-Encoding: gzip")),
    # 17: out of the folder
    "a folder of assets": (404, request("GET /static/js", CLOSE)),
    "a name of 5,000": (404, request(f"GET /static/{'a' * 5000}", CLOSE)),
    "a name that is no text": (400, request("GET /static/%ff", CLOSE)),
    "a path of another host": (404, request("GET //evil.example/..%2f", CLOSE)),
    # 19: of another host
    "another host": (404, request("GET http://evil.example/login", CLOSE)),
    "another host with TLS": (404, request("GET https://evil.example/", CLOSE)),
    # 20: parts of a file
    "1,500 ranges": (
        200,
        request(ASSET, CLOSE, "Range: bytes=" + ",".join(f"{n}-" for n in range(1500))),
    ),
    "a range beyond the end": (416, request(ASSET, CLOSE, "Range: bytes=99999999-")),
    "a range of nothing": (416, request(ASSET, CLOSE, "Range: bytes=-0")),
    "a range of 5,000 digits": (200, request(ASSET, CLOSE, "Range: bytes=0-" + "9" * 5000)),
}


@pytest.mark.parametrize("name", ATTACKS)
async def test_a_request_that_no_browser_makes_has_a_clear_answer(world: World, name: str) -> None:
    status, sent = ATTACKS[name]

    answer = await raw_http(world.server, sent)  # and the connection is closed

    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("ascii").split("\r\n")
    assert lines[0].startswith(f"HTTP/1.1 {status} "), lines[0]
    assert answer.count(b"HTTP/1.1 ") == 1
    for header in ("X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options"):
        assert f"{header}: {DEFAULT_HEADERS[header]}" in lines
    assert not any(line.startswith("Server:") for line in lines)
    assert b"Traceback" not in body
    assert not CONTROLS.search(body)
    assert (await http(world.server, "GET", "/healthz")).status == 200


REFLECTED: Iterable[str] = (
    "/login?next=%0d%0aX-Evil:%20a",
    "/login?reason=%0d%0aX-Evil:%20a",
    "/login?next=/c/a%0d%0aX-Evil:%20a",
    "/c/a%0d%0aX-Evil:%20a",
    "/register?next=%E5%98%8A%E5%98%8DX-Evil:%20a",
    "/static/js/chat.js?v=%0d%0aX-Evil:%20a",
)


@pytest.mark.parametrize("path", REFLECTED)
async def test_nothing_that_was_asked_for_becomes_a_header(world: World, path: str) -> None:
    # 18
    answer = await http(world.server, "GET", path)

    assert "X-Evil" not in answer.headers


async def test_who_sends_requests_and_reads_no_answers_holds_up_nobody(world: World) -> None:
    # 16
    ann, bob, conversation = await world.couple()
    reader, writer = await open_stream(world.server)
    transport = writer.transport
    assert isinstance(transport, asyncio.ReadTransport)
    transport.pause_reading()

    try:
        writer.write(request("GET /login") * 400_000)  # more than all buffers between us hold
        for number in range(20):
            await bob.send(conversation, f"{number}")
            assert (await ann.event("message"))["message"]["text"] == f"{number}"
        assert transport.get_write_buffer_size() > 0

        transport.resume_reading()
        for _ in range(20):  # they are answered one after the other
            assert (await read_response(reader)).status == 200
    finally:
        transport.abort()


async def test_a_json_object_that_names_a_field_twice_means_the_last(world: World) -> None:
    # 45
    ann = await world.person("ann")
    body = f'{{"username": "x", "username": "{ann.username}", "password": "{ann.password}"}}'

    answer = await http(
        world.server,
        "POST",
        "/api/v1/login",
        body=body.encode(),
        headers={"Content-Type": "application/json"},
    )

    assert answer.status == 200
