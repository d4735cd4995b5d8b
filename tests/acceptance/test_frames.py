"""Section 3: frames that are not as they should be, and the bounds of those that are."""

import json
import struct
from typing import Any

import pytest

from tests.acceptance.client import (
    BINARY,
    CLOSE,
    MAX_INTEGER,
    PING,
    TEXT,
    Connection,
    encode_frame,
    handshake,
)

FRAME_BYTES = 128 * 1024
TEXT_LENGTH = 8000
CONTINUATION = 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "hello",
        "{",
        "[]",
        '["type", "ping"]',
        "7",
        "null",
        "true",
        '"ping"',
        '\ufeff{"type": "ping", "id": 77}',
        '{"type": "ping", "id": 77} {}',
        '{"type": "ping", "id": NaN}',
        '{"type": "ping", "id": Infinity}',
        '{"type": "ping", "id": 77e999}',
        "[" * 30_000,
        '{"a":' * 20_000,
        '{"type": "ping", "id": %s}' % ("9" * 5000),
        '{"type": "ping", "id": "\\ud800"}',
        '{"type": "\\udc00", "id": 77}',
        '{"type": 7, "id": 77}',
        '{"type": null, "id": 77}',
        '{"id": 77}',
        "{'type': 'ping'}",
        "{}",
    ],
    ids=range(25),
)
async def test_what_is_no_request_is_invalid_and_the_connection_stays(world, text):
    connection = await (await world.person()).connect()

    answer = connection.expect(77)
    connection.write(text)

    await connection.flush()
    answer.cancel()
    _, error, pong = connection.frames
    assert error["type"] == "error"
    assert error["code"] == "invalid"
    assert pong["type"] == "pong"


@pytest.mark.parametrize(
    "request_id", [0, -1, MAX_INTEGER, -MAX_INTEGER, "", "x", "é" * 64, "1", "𝄞" * 64]
)
async def test_the_answer_carries_the_id_of_the_request(world, request_id):
    connection = await (await world.person()).connect()

    pong = await connection.ask("ping", id=request_id)
    error = await connection.ask("open", id=request_id)

    assert pong["re"] == request_id
    assert type(pong["re"]) is type(request_id)
    assert error["re"] == request_id
    assert error["code"] == "invalid"


@pytest.mark.parametrize(
    "request_id",
    [MAX_INTEGER + 1, -MAX_INTEGER - 1, 2**63, 1.0, 1.5, True, [], {}, "x" * 65, "x" * 65000],
    ids=lambda value: str(value)[:20],
)
async def test_an_id_out_of_bounds_is_invalid_and_not_echoed(world, request_id):
    connection = await (await world.person()).connect()

    connection.write(json.dumps({"type": "ping", "id": request_id}))

    error = await connection.stray.get()
    assert error["code"] == "invalid"
    assert len(error.raw) < 500


async def test_only_some_requests_may_go_without_an_id(world):
    ann, _, conversation = await world.couple()
    for request in (
        {"type": "received", "conversation": conversation, "seq": 1},
        {"type": "read", "conversation": conversation, "seq": 1},
        {"type": "typing", "conversation": conversation, "on": True},
    ):
        before = len(ann.frames)
        ann.write(json.dumps(request))
        await ann.flush()
        assert [each["type"] for each in ann.frames[before:] if each["type"] != "receipt"] == [
            "pong"
        ]
        ann.write(json.dumps(request | {"conversation": "unknown"}))
        error = await ann.stray.get()
        assert error["code"] == "not_found"
        assert "re" not in error

    ann.write('{"type": "ping"}')
    assert (await ann.stray.get())["type"] == "pong"

    for request in (
        {"type": "sync"},
        {"type": "open", "user": ann.user_id},
        {"type": "send", "conversation": conversation, "client_id": "no-id", "text": "no id"},
        {"type": "history", "conversation": conversation},
        {"type": "changes", "conversation": conversation, "after": 0},
        {"type": "find_users", "q": "a"},
        {"type": "edit", "conversation": conversation, "seq": 1, "text": "no id"},
        {"type": "delete", "conversation": conversation, "seq": 1},
        {"type": "react", "conversation": conversation, "seq": 1, "emoji": "👍", "on": True},
    ):
        ann.write(json.dumps(request))
        error = await ann.stray.get()
        assert error["code"] == "invalid", request
        assert error.get("field", "id") == "id"
        assert "re" not in error
    page = await ann.history(conversation)
    assert [each["text"] for each in page["messages"]] == ["hello"]


@pytest.mark.parametrize(
    "kind",
    [
        *["create_group", "members", "add_members", "remove_member", "set_role", "rename"],
        *["leave", "search", "hello", "pong", "message", "Ping", "", "__proto__", "constructor"],
        "x" * 1000,
    ],
)
async def test_an_unknown_type_is_answered_as_such(world, kind):
    connection = await (await world.person()).connect()

    await connection.refused("unknown_type", kind)
    await connection.flush()


STRINGS: list[Any] = [None, 7, True, 1.5, [], ["x"], {}, {"$ne": 1}, {"$gt": ""}]
INTEGERS: list[Any] = [None, True, False, 1.0, "1", -1, 2**53, 2**53 + 1, 2**63, 10**400, [1], {}]
BOOLEANS: list[Any] = [None, 0, 1, "true", [], {}]
BAD_TEXTS = [*STRINGS, "", " ", "\t\r\n \u3000\u2003\u00a0", "a\0b", "\ud800", "a\udfffb"]
BAD_CLIENT_IDS = [*STRINGS, "", "x" * 65, "a\0b", "\ud83d"]
BAD_REQUESTS: list[tuple[str, dict[str, Any], dict[str, list[Any]]]] = [
    ("sync", {}, {"cursor": [7, True, [], {}, "no cursor of ours", "\0"]}),
    ("open", {"user": "me"}, {"user": [*STRINGS, "a\0b", "\ud800"]}),
    (
        "send",
        {"client_id": "bad", "text": "bad"},
        {
            "conversation": STRINGS,
            "client_id": BAD_CLIENT_IDS,
            "text": BAD_TEXTS,
            "reply_to": [*INTEGERS[1:], 0, 2, MAX_INTEGER],
        },
    ),
    (
        "history",
        {},
        {
            "conversation": STRINGS,
            "before": INTEGERS[1:],
            "after": INTEGERS[1:],
            "around": INTEGERS[1:],
            "limit": [*INTEGERS[1:], 0, 201],
        },
    ),
    ("changes", {"after": 0}, {"conversation": STRINGS, "after": INTEGERS, "limit": [0, -1, "1"]}),
    ("received", {"seq": 1}, {"conversation": STRINGS, "seq": [*INTEGERS, 0, 2, MAX_INTEGER]}),
    ("read", {"seq": 1}, {"conversation": STRINGS, "seq": [*INTEGERS, 0, 2, MAX_INTEGER]}),
    ("typing", {"on": True}, {"conversation": STRINGS, "on": BOOLEANS}),
    (
        "find_users",
        {"q": "ann"},
        {"q": [*STRINGS, "", " ", "\u3000", "x" * 65, "a\0"], "limit": [*INTEGERS[1:], 0, 51]},
    ),
    (
        "edit",
        {"seq": 1, "text": "bad"},
        {"conversation": STRINGS, "seq": [*INTEGERS, 0], "text": BAD_TEXTS},
    ),
    ("delete", {"seq": 1}, {"conversation": STRINGS, "seq": [*INTEGERS, 0]}),
    (
        "react",
        {"seq": 1, "emoji": "👍", "on": True},
        {
            "conversation": STRINGS,
            "seq": [*INTEGERS, 0],
            "emoji": [*STRINGS, "", "x" * 33, "👍" * 9, "\0", "\ud83d"],
            "on": BOOLEANS,
        },
    ),
]


@pytest.mark.parametrize(
    ("kind", "good", "bad"), BAD_REQUESTS, ids=[each[0] for each in BAD_REQUESTS]
)
async def test_a_field_missing_or_of_the_wrong_type_or_range_changes_nothing(
    world, kind, good, bad
):
    ann, bob, conversation = await world.couple()
    if kind not in {"sync", "open", "find_users"}:
        good = {"conversation": conversation} | good
    before = await ann.do("sync")
    heard = len(bob.frames)

    for field, values in bad.items():
        for value in values:
            error = await ann.refused("invalid", kind, **(good | {field: value}))
            assert error.get("field", field) == field, error
    for field in good:
        missing = {name: value for name, value in good.items() if name != field}
        error = await ann.refused("invalid", kind, **missing)
        assert error.get("field", field) == field

    assert (await ann.do("sync"))["conversations"] == before["conversations"]
    await bob.flush()
    assert [each["type"] for each in bob.frames[heard:]] == ["pong"]


async def test_fields_that_nobody_knows_are_ignored(world):
    ann, _, conversation = await world.couple()

    more: dict[str, Any] = {
        "__proto__": {"x": 1},
        "$where": "1",
        "a.b": None,
        "constructor": [],
        "": 0,
    }
    sent = await ann.send(conversation, "with more", **more)

    page = await ann.history(conversation, **more)
    assert page["messages"][-1]["seq"] == sent["seq"]
    assert "constructor" not in page["messages"][-1]


EXACT = [
    "x" * TEXT_LENGTH,
    "𝄞" * TEXT_LENGTH,
    "e" + "\u0301" * (TEXT_LENGTH - 1),
    "  kept\r\n\tas it is \u00a0",
    "\u202eright to left\u202c",
    "\\u0000 <script>alert(1)</script> & \u2028 \u2029 \x01\x1f\x7f\ufeff\uffff",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "Å \u212b \u0041\u030a ﬁ ﬀ",
]


async def test_text_is_kept_exactly_as_sent(world):
    ann, bob, conversation = await world.couple()

    for text in EXACT:
        await ann.send(conversation, text)
        assert (await bob.event("message"))["message"]["text"] == text

    assert [each["text"] for each in (await bob.history(conversation))["messages"]][1:] == EXACT
    for seq, text in enumerate(reversed(EXACT), 2):
        changed = await ann.do("edit", conversation=conversation, seq=seq, text=text)
        assert changed["message"]["text"] == text
        assert (await bob.event("change"))["message"]["text"] == text


@pytest.mark.parametrize("text", ["x" * (TEXT_LENGTH + 1), "𝄞" * (TEXT_LENGTH + 1), "é" * 60_000])
async def test_a_text_over_the_limit_is_too_large(world, text):
    ann, _, conversation = await world.couple()
    where = {"conversation": conversation, "text": text}

    sent = await ann.refused("too_large", "send", client_id="x", **where)
    edited = await ann.refused("too_large", "edit", seq=1, **where)

    assert sent.get("field", "text") == "text"
    assert edited.get("field", "text") == "text"
    assert (await ann.history(conversation))["messages"][-1]["text"] == "hello"


async def test_a_client_id_of_64_characters_is_kept(world):
    ann, bob, conversation = await world.couple()

    for client_id in ("x", "𝄞" * 64, " blanks "):
        await ann.send(conversation, "hello", client_id)
        assert (await bob.event("message"))["message"]["client_id"] == client_id


def padded_ping(size: int) -> bytes:
    """A ping of exactly so many bytes."""
    start, end = b'{"type": "ping", "padding": "', b'"}'
    return start + b"x" * (size - len(start) - len(end)) + end


async def test_a_frame_of_the_limit_is_answered(world):
    connection = await (await world.person()).connect()

    connection.write_frame(TEXT, padded_ping(FRAME_BYTES))
    assert (await connection.stray.get())["type"] == "pong"

    whole = padded_ping(FRAME_BYTES)
    connection.write_frame(TEXT, whole[:70_000], fin=False)
    connection.write_frame(CONTINUATION, whole[70_000:])
    assert (await connection.stray.get())["type"] == "pong"


async def test_a_frame_over_the_limit_closes_with_1009(world):
    connection = await (await world.person()).connect()

    connection.write_frame(TEXT, padded_ping(FRAME_BYTES + 1))

    assert (await connection.closed()).code == 1009


async def test_fragments_over_the_limit_close_with_1009(world):
    connection = await (await world.person()).connect()
    whole = padded_ping(FRAME_BYTES + 1)

    connection.write_frame(TEXT, whole[:FRAME_BYTES], fin=False)
    connection.write_frame(CONTINUATION, whole[FRAME_BYTES:])

    assert (await connection.closed()).code == 1009


async def test_a_frame_of_a_gigabyte_is_refused_by_its_head(world):
    connection = await (await world.person()).connect()

    connection.write_bytes(b"\x81\xff" + struct.pack("!Q", 2**30) + b"mask" + b"x" * 1000)

    assert (await connection.closed()).code == 1009


@pytest.mark.parametrize("payload", [b"", b"\x00\x01", b'{"type": "ping"}'])
async def test_a_binary_frame_closes_with_1003(world, payload):
    connection = await (await world.person()).connect()

    connection.write_frame(BINARY, payload)

    assert (await connection.closed()).code == 1003


BROKEN = {
    "reserved bit 1": (encode_frame(TEXT, b"{}", rsv=4), 1002),
    "reserved bit 3": (encode_frame(TEXT, b"{}", rsv=1), 1002),
    "reserved opcode": (encode_frame(3, b"{}"), 1002),
    "reserved control opcode": (encode_frame(11, b""), 1002),
    "not masked": (encode_frame(TEXT, b"{}", masked=False), 1002),
    "ping too long": (encode_frame(PING, b"x" * 126), 1002),
    "ping in fragments": (encode_frame(PING, b"x", fin=False), 1002),
    "continuation of nothing": (encode_frame(CONTINUATION, b"{}"), 1002),
    "text inside text": (encode_frame(TEXT, b"{", fin=False) + encode_frame(TEXT, b"}"), 1002),
    "a length of 64 bits": (b"\x81\xff" + b"\xff" * 8 + b"mask", 1002),
    "not utf-8": (encode_frame(TEXT, b'{"type": "\xff"}'), 1007),
    "surrogate in utf-8": (encode_frame(TEXT, b'{"type": "\xed\xa0\x80"}'), 1007),
    "not utf-8 across fragments": (
        encode_frame(TEXT, b'{"type": "\xc3', fin=False) + encode_frame(CONTINUATION, b'"}'),
        1007,
    ),
    "close code 0": (encode_frame(CLOSE, struct.pack("!H", 0)), 1002),
    "close code 999": (encode_frame(CLOSE, struct.pack("!H", 999)), 1002),
    "close code 1005": (encode_frame(CLOSE, struct.pack("!H", 1005)), 1002),
    "close code 1006": (encode_frame(CLOSE, struct.pack("!H", 1006)), 1002),
    "close code 65535": (encode_frame(CLOSE, struct.pack("!H", 65535)), 1002),
    "close of one byte": (encode_frame(CLOSE, b"\x03"), 1002),
    "close reason not utf-8": (encode_frame(CLOSE, b"\x03\xe8\xff"), 1007),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_broken_framing_ends_the_connection_and_no_other(world, name):
    ann, bob, conversation = await world.couple()
    data, code = BROKEN[name]

    ann.write_bytes(data)

    assert (await ann.closed()).code == code
    await bob.send(conversation, "still here")


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4000])
async def test_a_close_is_answered_with_its_own_code(world, code):
    connection = await (await world.person()).connect()

    connection.write_frame(CLOSE, struct.pack("!H", code) + "bye ö".encode())

    assert (await connection.closed()).code == code


async def test_nothing_after_a_close_is_obeyed(world):
    ann, bob, conversation = await world.couple()
    late = {"type": "send", "id": 1, "conversation": conversation, "client_id": "l", "text": "late"}

    ann.write_bytes(
        encode_frame(CLOSE, struct.pack("!H", 1000)) + encode_frame(TEXT, json.dumps(late).encode())
    )

    assert (await ann.closed()).code == 1000
    page = await bob.history(conversation)
    assert [each["text"] for each in page["messages"]] == ["hello"]


async def test_control_frames_may_come_between_fragments(world):
    connection: Connection = await (await world.person()).connect()

    connection.write_frame(TEXT, b'{"type": ', fin=False)
    connection.write_frame(PING, b"between")
    connection.write_frame(CONTINUATION, b"", fin=False)
    connection.write_frame(CONTINUATION, b'"ping"}')

    assert await connection.pongs.get() == b"between"
    assert (await connection.stray.get())["type"] == "pong"


async def test_a_frame_that_comes_byte_by_byte_is_answered(world):
    connection = await (await world.person()).connect()
    data = encode_frame(TEXT, b'{"type":') + encode_frame(TEXT, '{"type": "ping", "é": 1}'.encode())

    for byte in data:
        connection.write_bytes(bytes([byte]))
        await connection.drain()

    assert (await connection.stray.get())["code"] == "invalid"
    assert (await connection.stray.get())["type"] == "pong"


async def test_who_sends_pings_and_reads_nothing_disturbs_nobody(world):
    ann, bob, conversation = await world.couple()
    flooder = await world.person("flooder")
    _, _, writer = await handshake(world.server, token=flooder.token)

    writer.write(encode_frame(PING, b"x" * 125) * 50_000)  # of which most are never answered
    for number in range(20):
        await bob.send(conversation, f"{number}")
        assert (await ann.event("message"))["message"]["text"] == f"{number}"

    writer.transport.abort()


async def test_thousands_of_tiny_fragments_and_pings_are_taken(world):
    connection = await (await world.person()).connect()
    text = json.dumps({"type": "ping", "padding": "x" * 5000}).encode()

    fragments = [encode_frame(TEXT, text[:1], fin=False)]
    fragments += [
        encode_frame(CONTINUATION, text[i : i + 1], fin=False) for i in range(1, len(text))
    ]
    connection.write_bytes(b"".join([*fragments, encode_frame(CONTINUATION, b"")]))
    assert (await connection.stray.get())["type"] == "pong"

    connection.write_bytes(b"".join(encode_frame(PING, b"%d" % i) for i in range(2000)))
    for i in range(2000):
        assert await connection.pongs.get() == b"%d" % i
